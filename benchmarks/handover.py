"""What a hand-over costs the worker's processor, against the packages as they are: Twilio's own create, and a
mail composed by the email package, each to a provider on loopback that answers at once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from benchmarks.figure import Figure, alternate
from benchmarks.providers import ACCOUNT, Twilio
from channels.email.mail import as_bytes, compose
from channels.email.wire import write
from channels.message import Channel, EmailContent, Message, SmsContent
from channels.outcome import Accepted
from channels.twilio.client import TwilioConfig, TwilioSession
from channels.twilio.sms import TwilioSms

MANY, AT_ONCE, ROUNDS = 1_000, 50, 3
SENDER = "notices@example.com"
TEXT = (
    "Ana Ruiz, your loan of 12,000.00 USD is 22 days overdue: 431.25 USD with fees. First Inclusive "
    "Bank, +12025550100. Reply STOP to opt out."
)


def _message(channel: Channel, content: SmsContent | EmailContent, to: str) -> Message:
    return Message(
        channel=channel, attempt_id="att_01", to=to, language="en-US", content=content,
        created_at=datetime(2026, 11, 24, 17, tzinfo=UTC),
        receipt_url="https://forbear.example/v1/receipts/twilio/sms/token", valid_for=timedelta(hours=1),
        unsubscribe_url="https://forbear.example/u/" + "a" * 80,
    )  # fmt: skip


async def _spent(one: Callable[[], Awaitable[object]]) -> float:
    """Microseconds of processor time for each of many, so many at once."""
    left = iter(range(MANY))

    async def some() -> None:
        for _ in left:
            await one()

    begins = time.process_time()
    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    return (time.process_time() - begins) / MANY * 1e6


def _text_message() -> tuple[float, float]:
    with asyncio.Runner() as runner:
        server = runner.run(_serve())
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        config = TwilioConfig(
            account_sid=ACCOUNT, auth_token="token", from_number="+12025550100", base_url=url
        )
        adapter, session = TwilioSms(config), TwilioSession(config)
        message = _message(Channel.SMS, SmsContent(body=TEXT, segments=1, encoding="GSM-7"), "+12025550123")

        async def ours() -> None:
            assert isinstance(await adapter.send(message, timeout=10), Accepted)

        async def theirs() -> None:
            await session.client.messages.create_async(
                to=message.to,
                body=TEXT,
                from_=config.from_number,
                status_callback=message.receipt_url,
                validity_period=3600,
            )

        found = alternate(lambda: runner.run(_spent(ours)), lambda: runner.run(_spent(theirs)), ROUNDS)
        runner.run(adapter.close())
        runner.run(session.close())
        server.close()
        return found


async def _serve() -> asyncio.Server:
    return await asyncio.get_running_loop().create_server(Twilio, "127.0.0.1", 0)


def _mail() -> tuple[float, float]:
    text = "\n\n".join([TEXT] * 5)
    content = EmailContent(
        subject="Your loan", text=text, html=f"<p>{text}</p>", sender_name="First Inclusive Bank"
    )
    message = _message(Channel.EMAIL, content, "ana@example.com")

    def spent(one: Callable[[], object]) -> float:
        begins = time.process_time()
        for _ in range(MANY):
            one()
        return (time.process_time() - begins) / MANY * 1e6

    return alternate(
        lambda: spent(lambda: write(message, SENDER)),
        lambda: spent(lambda: as_bytes(compose(message, SENDER))),
        ROUNDS,
    )


def measure() -> list[Figure]:
    """A text message handed over, and a mail written. Where the package's create is measured, what it calls
    is already ours."""
    rows = (
        ("a hand-over to Twilio", "by the package's own create", _text_message()),
        ("writing a mail", "by the email package", _mail()),
    )
    return [
        Figure(name=f"{name}, processor time", ours=f"{ours:.0f} µs", against=f"{how}: {theirs:.0f} µs",
        ratio=ours / theirs, bound=0.8, at_most=True)
        for name, how, (ours, theirs) in rows
    ]  # fmt: skip
