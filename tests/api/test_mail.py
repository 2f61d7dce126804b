"""The mailbox that every mail names: what servers report, what people write, and nothing that is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.api.as_twilio import accept, send_due, states
from tests.channels.mail_freeform import FREE
from tests.channels.mail_specimens import (
    ID,
    IDENTIFIED,
    REPORTED,
    Shape,
    mail,
    recipient,
    status,
    words,
)

ANA, STRANGER = "ana@example.com", "ana.ruiz@elsewhere.example"


async def post_mail(api, octets: bytes, *, path: str = "/v1/inbound/email", kind: str = "message/rfc822"):
    """A mail as a server passes it on."""
    return await api.client.post(path, content=octets, headers={"Content-Type": kind})


async def taken(api, octets: bytes, **further: str) -> dict[str, str | None]:
    """What a mail was taken for."""
    answer = await post_mail(api, octets, **further)
    assert 200 == answer.status_code, answer.text
    return answer.json()


async def mailed(api, notice, **further) -> tuple[str, str]:
    """A notice that left by e-mail, and its attempt's id."""
    id_ = await accept(api, notice, "email", **further)
    [message] = await send_due(api)
    return id_, message.attempt_id


def about(shape: Shape, attempt: str) -> bytes:
    """A specimen about this attempt."""
    return shape.raw.replace(ID.encode(), attempt.encode())


def letter(
    text: str, *top: str, sender: str = f"Ana Ruiz <{ANA}>", subject: str = "Re: A payment is overdue"
) -> bytes:
    """A mail that a person wrote."""
    head = [
        f"From: {sender}",
        "To: notices@lender.example",
        f"Subject: {subject}",
        "Message-ID: <letter-1@mail.example>",
        *top,
    ]
    return (
        "\n".join([*head, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]) + f"\n\n{text}\n"
    ).encode()


OF_ACTION = {
    "failed": "bounce",
    "delivered": "delivered",
    "delayed": "delayed",
    "relayed": "automatic",
    "expanded": "automatic",
}
STATE_OF = {"failed": "undelivered", "delivered": "delivered"}


@pytest.mark.parametrize("path", ["/v1/inbound/email", "/v1/receipts/email"])
@pytest.mark.parametrize("shape", [IDENTIFIED[6], IDENTIFIED[8], REPORTED[0], REPORTED[19], REPORTED[22],
REPORTED[24], FREE[0], FREE[3]],
                         ids=lambda shape: shape if isinstance(shape, str) else shape.name)  # fmt: skip
async def test_both_doors_take_every_shape_of_a_report(api, notice, path, shape):
    """One mailbox gets all of it, so that one door takes it; the delivery is named in the answer."""
    id_, attempt = await mailed(api, notice)
    found = await taken(api, about(shape, attempt), path=path)
    assert (OF_ACTION[shape.action], f"{id_}.email") == (found["taken_for"], found["delivery_id"])
    assert {"email": STATE_OF.get(shape.action, "accepted")} == await states(api, id_)
    again = await accept(api, notice, "email", reference="again")
    assert (0 if shape.dead else 1) == len(await send_due(api))
    assert {"email": "suppressed" if shape.dead else "accepted"} == await states(api, again)


async def test_a_report_that_comes_twice_is_one(api, notice):
    """However often the server says it."""
    _, attempt = await mailed(api, notice)
    first, second = [await taken(api, about(REPORTED[0], attempt)) for _ in range(2)]
    assert ("advanced", "repeated") == (first["effect"], second["effect"])
    assert 1 == await api.count("receipts")


@pytest.mark.parametrize("first", [None, "delivered"])
@pytest.mark.parametrize(
    "blocks",
    [
        [recipient(to="b@forwarded.example", original=ANA)],
        [recipient(to="b@forwarded.example")],
        [recipient("failed", "5.1.2", "b@forwarded.example", original=ANA)],
        [recipient("delivered", "2.0.0", original=ANA), recipient(to="b@forwarded.example", original=ANA)],
    ],
)
async def test_a_forwarders_bounce_does_not_end_our_address(api, notice, first, blocks):
    """What could not be passed on says nothing about the mailbox that passes it on; least of all where the
    mail had arrived there."""
    _, attempt = await mailed(api, notice)
    if first is not None:
        await taken(api, about(REPORTED[0], attempt))
    await taken(api, about(Shape("", mail(words(""), status(*blocks, envelope=ID)), None), attempt))
    assert 0 == await api.count("events WHERE type = 'address_dead'")
    await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))


async def test_a_bounce_after_a_delivery_is_kept_and_ends_no_address(api, notice):
    """The mailbox took the mail: that there is none is a contradiction, and stands as one."""
    id_, attempt = await mailed(api, notice)
    await taken(api, about(REPORTED[0], attempt))
    found = await taken(api, about(IDENTIFIED[0], attempt))
    assert ("bounce", "conflict") == (found["taken_for"], found["effect"])
    assert {"email": "delivered"} == await states(api, id_)
    assert 0 == await api.count("events WHERE type = 'address_dead'")


OTHERS = {
    "another number": lambda one: one + "7",
    "another notice": lambda one: one[:-9] + ("0" if one[-9] != "0" else "1") + one[-8:],
    "another system's": lambda _: "somebody-elses",
}


@pytest.mark.parametrize("spelt", OTHERS.values(), ids=OTHERS.keys())
async def test_a_report_about_no_mail_of_ours_is_answered_and_logged(api, notice, spelt):
    """A server that was refused would give it up."""
    _, attempt = await mailed(api, notice)
    found = await taken(api, about(IDENTIFIED[0], spelt(attempt)))
    assert ("bounce", None) == (found["taken_for"], found["delivery_id"])
    assert 0 == await api.count("receipts")
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


@pytest.mark.parametrize(
    "octets",
    [b"", b"hello", b'{"from": "ana@example.com"}', b"\x00\xff" * 50, b"<html>no mail</html>", b"a=1&b=2"],
)
async def test_what_is_no_mail_is_refused(api, octets):
    """422 is for that alone."""
    answer = await post_mail(api, octets)
    assert 422 == answer.status_code
    assert "no-mail" == answer.json()["errors"][0]["code"]


async def test_a_form_is_no_mail(api):
    """The type is named."""
    assert (
        415 == (await post_mail(api, letter("Hello"), kind="application/x-www-form-urlencoded")).status_code
    )
    assert 200 == (await post_mail(api, letter("Hello"), kind="message/global")).status_code


def complaint(kind: str = "abuse", *, named: str = "", returned: str = "") -> bytes:
    """Feedback of a provider (RFC 5965)."""
    feedback = (
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: example/1.0\n"
        f"Version: 1\n{named}"
    )
    own = (
        "Content-Type: message/rfc822\n\nFrom: notices@lender.example\nTo: redacted@example.com\n"
        f"{returned or f'Message-ID: <{ID}@lender.example>'}\n\nhidden"
    )
    return mail(
        words("This is an email abuse report."),
        feedback,
        own,
        container="multipart/report; report-type=feedback-report",
    )


@pytest.mark.parametrize(
    "octets",
    [
        complaint(),
        complaint("fraud"),
        complaint("opt-out"),
        complaint("other", returned=f"X-Forbear-Attempt: {ID}"),
        complaint(returned="Message-ID: <x@relay.example>", named=f"Original-Rcpt-To: <{ANA}>\n"),
        mail(words("complaint"), (
            f"Content-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: {ANA}\nMessage-ID: "
            f"<{ID}@lender.example>\n\nx"
        ), container="multipart/mixed"),
    ],
)  # fmt: skip
async def test_a_complaint_ends_the_mails_to_that_mailbox(api, notice, octets):
    """And to nowhere else: it is about mail."""
    _, attempt = await mailed(api, notice)
    assert "complaint" == (await taken(api, octets.replace(ID.encode(), attempt.encode())))["taken_for"]
    again = await accept(api, notice, "email", "sms", reference="again")
    assert ["sms"] == [one.channel.value for one in await send_due(api)]
    assert {"email": "suppressed", "sms": "accepted"} == await states(api, again)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
async def test_feedback_that_is_no_complaint_ends_nothing(api, notice, kind):
    """Somebody took a mail out of the spam folder; somebody measures signatures."""
    _, attempt = await mailed(api, notice)
    assert (
        "automatic" == (await taken(api, complaint(kind).replace(ID.encode(), attempt.encode())))["taken_for"]
    )
    await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))


async def test_a_complaint_that_names_nobody_is_logged(api):
    """Nothing is refused."""
    found = await taken(api, complaint(returned="Message-ID: <x@relay.example>"))
    assert {"taken_for": "complaint", "delivery_id": None} == found
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("Please stop contacting me. I have a lawyer and I dispute this debt.", None),
        ("Stop emailing me", "opt_out"),
        ("My lawyer will write to you.", "attorney"),
        ("Do not contact me again.", "cease"),
        ("I dispute this debt.", "dispute"),
    ],
)
async def test_a_letter_acts_as_a_reply_does(api, notice, text, event):
    """It is stored, encrypted, and no further mail leaves."""
    id_, _ = await mailed(api, notice)
    found = await taken(api, letter(text))
    assert "message" == found["taken_for"]
    assert 1 == await api.count("events WHERE type = 'inbound' AND channel = 'email' AND sealed IS NOT NULL")
    assert 0 == await api.count("events WHERE document::text ILIKE '%lawyer%'")
    if event is not None:
        assert 1 == await api.count(f"events WHERE type = '{event}'")
    again = await accept(api, notice, "email", reference="again")
    assert [] == await send_due(api)
    assert {"email"} == set(await states(api, again))
    assert (await states(api, again))["email"] in {"suppressed", "held"}
    assert {"email": "accepted"} == await states(api, id_)


@pytest.mark.parametrize(
    "quoted",
    [
        ("Thank you, I will pay on Friday.\n\nOn Tue, Nov 24, 2026 at 5:00 PM Example Bank "
        "<notices@lender.example>\nwrote:\n\n> Stop these mails: unsubscribe\n> do not contact me"),
        "> If you have a lawyer, tell us. Unsubscribe\n\nThank you, I will pay on Friday.",
        ("Thank you, I will pay on Friday.\n\n________________________________\nFrom: Example Bank "
        "<notices@lender.example>\nSent: Tuesday, November 24, 2026 5:00 PM\nTo: Ana Ruiz\nSubject: A "
        "payment is overdue\n\nunsubscribe, do not contact me, dispute"),
        ("Thank you, I will pay on Friday.\n\n-----Ursprüngliche Nachricht-----\nVon: Example Bank\n"
        "Gesendet: 24.11.2026\nAn: Ana\nBetreff: Mahnung\n\nunsubscribe do not contact me"),
        ("Thank you, I will pay on Friday.\n\nAm 24.11.2026 um 17:00 schrieb Example Bank "
        "<notices@lender.example>:\n> unsubscribe\n> do not contact me\n"),
        ("Thank you, I will pay on Friday.\n\n"
        "2026年11月24日(火) 17:00 Example Bank <notices@lender.example>：\n"
        "\n> unsubscribe\n>\n> do not contact me\n"),
    ],
)  # fmt: skip
async def test_what_a_letter_quotes_of_ours_is_not_read_as_theirs(api, notice, quoted):
    """The words of the mail that they answer stand below, above or between."""
    await mailed(api, notice)
    found = await taken(api, letter(quoted))
    assert ("message", "message") == (found["taken_for"], found["meaning"])
    await accept(api, notice, "email", reference="again")
    assert 1 == len(await send_due(api))


async def test_a_refusal_below_a_quotation_is_heard(api, notice):
    """People write at the end, too."""
    await mailed(api, notice)
    text = (
        "On Tue, Nov 24, 2026 Example Bank <notices@lender.example> wrote:\n> You owe us\n\nDo not "
        "contact me again."
    )
    assert "cease" == (await taken(api, letter(text)))["meaning"]


async def test_a_letter_from_a_mailbox_that_we_do_not_know_is_the_borrowers_whose_mail_it_answers(
    api, notice
):
    """It closes the mailbox that we wrote to."""
    id_, attempt = await mailed(api, notice)
    found = await taken(
        api, letter("Stop emailing me", f"In-Reply-To: <{attempt}@lender.example>", sender=STRANGER)
    )
    assert ("message", f"{id_}.email", "opt_out") == (
        found["taken_for"],
        found["delivery_id"],
        found["meaning"],
    )
    await accept(api, notice, "email", reference="again")
    assert [] == await send_due(api)


async def test_a_letter_that_gives_something_back_waits_for_a_person(api, notice):
    """Nobody vouches for the sender of a mail."""
    await mailed(api, notice)
    await taken(api, letter("Stop emailing me"))
    api.clock.move(timedelta(minutes=1))
    found = await taken(api, letter("START").replace(b"letter-1", b"letter-2"))
    assert "unclear" == found["meaning"]
    assert 0 == await api.count("events WHERE type = 'opt_in'")


async def test_the_same_letter_twice_is_one(api, notice):
    """A mail server that was not sure asks again."""
    await mailed(api, notice)
    for _ in range(2):
        await taken(api, letter("Do not contact me again."))
    assert 2 == await api.count("events WHERE type IN ('inbound', 'cease')")


async def test_a_stranger_is_answered_and_logged(api):
    """No borrower has this mailbox."""
    assert {"taken_for": "message", "delivery_id": None} == {
        name: value
        for name, value in (await taken(api, letter("Hello", sender=STRANGER))).items()
        if name != "meaning"
    }
    assert 1 == await api.count("log_entries WHERE kind = 'inbound.unmatched'")


@pytest.mark.parametrize(
    "text",
    ["", "Thank you " + "I am well. " * 400, "x " * 50_000 + "\nDo not contact me again"],
    ids=["empty", "long", "very long"],
)
async def test_a_letter_that_nobody_can_read_in_a_moment_waits_for_a_person(api, notice, text):
    """An empty one, and one of many words."""
    await mailed(api, notice)
    await taken(api, letter(text))
    await accept(api, notice, "email", reference="again")
    assert [] == await send_due(api)
