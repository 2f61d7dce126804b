"""E-mail through Amazon SES: one POST each on a double and on moto's SES, the right word for every answer,
and events of SNS that are believed only by their signature."""

from __future__ import annotations

import base64
import email
from collections.abc import Iterator
from email import policy
from typing import Any

import boto3
import orjson
import pytest
from moto.server import ThreadedMotoServer

from channels.adapter import CannotTell, ChannelMisconfigured
from channels.callback import Callback, Complained, Forged, Greeted, NoSuchCallback, Unreadable
from channels.message import Channel
from channels.outcome import Accepted, Busy, Outcome, RefusalCause, Rejected, Unknown
from channels.receipt import Progress, Receipt
from channels.ses.codes import BUSY, REFUSALS
from channels.ses.email import Ses, SesConfig
from channels.ses.provider import PROVIDER, SesAccount
from channels.ses.receiver import PLAIN, SesReceiver
from channels.ses.tag import tag_of, token_of
from channels.testing import (
    RECEIPT_URL,
    UNSUBSCRIBE_URL,
    keeps_its_word,
    keeps_the_port,
    keeps_the_receiver,
    message_on,
    sought_for,
    tells_no_secret,
)
from tests.channels.ses_double import CERTIFICATE, HOST, TOPIC, SesDouble, Topic, bounce, event, ses

E = Channel.EMAIL
SENDER = "notices@example.com"


def adapter(port: int, **further: Any) -> Ses:
    """The account at the double."""
    given = {
        "region": "eu-central-1",
        "sender": SENDER,
        "configuration_set": "forbear",
        "access_key_id": "EXAMPLE-KEY-ID",
        "secret_access_key": "a-secret-for-tests",
        "base_url": f"http://127.0.0.1:{port}",
    }
    return Ses(SesConfig(**given | further))


async def sent(double: SesDouble, *, timeout: float = 5.0) -> Outcome:
    """The outcome of one mail, after exactly one request; it shows no address."""
    one, message = adapter(double.port), message_on(E)
    try:
        outcome = await one.send(message, timeout=timeout)
    finally:
        await one.close()
    tells_no_secret(outcome, message)
    assert 1 == len(double.asked)
    return outcome


def test_the_registration_keeps_its_word():
    """Every field has a default, and what is missing is a field; keys may come from a role."""
    keeps_its_word(PROVIDER)
    assert ["region", "sender", "configuration_set", "topic_arn"] == list(SesAccount().missing({E}))
    half = SesAccount(access_key_id="x", region="x", sender="x", configuration_set="x", topic_arn="x")
    assert ["secret_access_key"] == list(half.missing({E}))
    assert "x" == half.answers_at(E)


async def test_an_adapter_on_a_provider_that_is_well_keeps_the_port():
    """The same suite as every adapter."""
    async with ses() as double:
        await keeps_the_port(adapter(double.port), E)


async def test_a_mail_is_one_signed_post_of_the_whole_mail():
    """With its unsubscribe headers, and with the receipt's token in a tag."""
    async with ses() as double:
        assert Accepted(ref="0107-1") == await sent(double)
    [asked], [headers] = double.asked, double.headers
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=EXAMPLE-KEY-ID/")
    assert "/eu-central-1/ses/aws4_request" in headers["Authorization"]
    mail = email.message_from_bytes(base64.b64decode(asked["Content"]["Raw"]["Data"]), policy=policy.SMTP)
    assert (SENDER, "ana@example.com") == (mail["From"].addresses[0].addr_spec, mail["To"])
    assert f"<{UNSUBSCRIBE_URL}>" == mail["List-Unsubscribe"]
    assert ("ana@example.com", SENDER, "forbear") == (
        asked["Destination"]["ToAddresses"][0],
        asked["FromEmailAddress"],
        asked["ConfigurationSetName"],
    )
    [tag] = asked["EmailTags"]
    assert RECEIPT_URL.rpartition("/")[2] == token_of(tag["Value"])


def test_a_token_survives_the_letters_of_a_tag():
    """There and back."""
    assert "ntc_0.email.1@ab" == tag_of("https://x.example/v1/receipts/ses/email/ntc_0.email.1~ab")
    assert "ntc_0.email.1~ab" == token_of("ntc_0.email.1@ab")


@pytest.mark.parametrize("kind", [*REFUSALS, *sorted(BUSY), "BadRequestException"])
async def test_each_error_is_told_in_our_words(kind):
    """By the header, as Amazon sends it."""
    body = {"message": "ana@example.com is not right: canary"}
    async with ses((400, {"message": body["message"]}, {"x-amzn-ErrorType": f"{kind}:http://x/"})) as double:
        one, message = adapter(double.port), message_on(E)
        outcome = await one.send(message, timeout=5.0)
        await one.close()
    assert message.to not in repr(outcome)
    if kind in BUSY:
        assert isinstance(outcome, Busy)
        assert outcome.account_wide
    else:
        assert isinstance(outcome, Rejected)
        assert (REFUSALS.get(kind, RefusalCause.UNLISTED), kind) == (outcome.cause, outcome.code)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((429, {}, {}), Busy),
        ((403, b"<html>", {}), Rejected),
        ((400, {"__type": "com.amazonaws.ses#MessageRejected"}, {}), Rejected),
        ((500, {}, {}), Unknown),
        ((503, b"busy", {}), Unknown),
        ((302, b"", {"Location": "http://127.0.0.1:1/"}), Unknown),
        ((200, b"no json", {}), Unknown),
        ((200, {}, {}), Unknown),
        ((200, [], {}), Unknown),
        ("cut", Unknown),
        ("hang", Unknown),
    ],
)
async def test_every_other_answer_has_its_word_and_one_request(answer, expected):
    """There is no token that would make a repeat harmless: what may have been taken is not sent again."""
    async with ses(answer) as double:
        assert isinstance(await sent(double, timeout=0.5), expected)


async def test_a_refused_connection_is_busy_and_an_odd_address_refused():
    """Nothing left."""
    async with ses() as double:
        port = double.port
    one = adapter(port)
    outcome = await one.send(message_on(E), timeout=0.3)
    assert isinstance(outcome, Busy)
    assert outcome.account_wide
    odd = await one.send(message_on(E, to="ana@example.com, bob@example.com"), timeout=0.3)
    assert isinstance(odd, Rejected)
    assert RefusalCause.ADDRESS is odd.cause
    assert isinstance(await one.look_up(sought_for(message_on(E))), CannotTell)
    await one.close()


@pytest.mark.parametrize(
    ("further", "says"),
    [
        ({"base_url": "https://evil.example"}, "FORBEAR_SES__BASE_URL"),
        ({"sender": "nobody"}, "FORBEAR_SES__SENDER"),
        ({"region": "Frankfurt"}, "FORBEAR_SES__REGION"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(further, says):
    """And requests are signed for no host that nobody allowed."""
    with pytest.raises(ChannelMisconfigured, match=says):
        adapter(1, **further)
    adapter(1, base_url="https://proxy.example", allow_other_host=True)


@pytest.fixture
def moto() -> Iterator[str]:
    """The SES of moto, an implementation that is not ours."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


async def test_another_implementation_takes_the_mail(moto):
    """It refuses a sender that is not verified, and then takes the mail whole."""
    one = adapter(1, base_url=moto)
    refused = await one.send(message_on(E), timeout=10.0)
    assert isinstance(refused, Rejected)
    assert (RefusalCause.OURS, "MessageRejected") == (refused.cause, refused.code)
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "y", "region_name": "eu-central-1"}
    client = boto3.client("sesv2", endpoint_url=moto, **keys)
    client.create_email_identity(EmailIdentity=SENDER)
    assert isinstance(await one.send(message_on(E), timeout=10.0), Accepted)
    await one.close()


TOPICS = Topic()


def receiver(topic: Topic = TOPICS) -> SesReceiver:
    """What believes the topic."""
    return SesReceiver([topic.arn], topic.fetch)


def posted(body: bytes) -> Callback:
    """What SNS posts."""
    return Callback(
        url="https://forbear.example.com/v1/receipts/ses/email",
        headers={"content-type": "text/plain; charset=UTF-8"},
        body=body,
        kind="email",
    )


async def said(document: Any) -> Any:
    """What an event says."""
    one, callback = receiver(), posted(TOPICS.message(document))
    await one.prepare(callback)
    one.verify(callback)
    return one.parse(callback)


@pytest.mark.parametrize("kind", sorted(PLAIN))
async def test_an_event_is_read_and_its_forgeries_are_not(kind):
    """The kit's forgeries change the body; headers carry no signature here."""
    one, callback = receiver(), posted(TOPICS.message(event(kind, tag="t@1")))
    await one.prepare(callback)
    receipt = one.parse(callback)
    assert isinstance(receipt, Receipt)
    assert (*PLAIN[kind], "0107-1") == (receipt.progress, receipt.outcome, receipt.ref)
    assert receipt == one.parse(callback)
    assert "t~1" == one.token_of(callback)
    for body in (callback.body + b" x", callback.body.replace(b"0107-1", b"0107-2"), b"", b"{}", b"[]"):
        with pytest.raises((Forged, Unreadable)):
            one.verify(posted(body))
    with pytest.raises((AssertionError, Forged)):
        keeps_the_receiver(
            one, callback
        )  # headers that are none change nothing: the signature is in the body


@pytest.mark.parametrize("version", ["1", "2"])
async def test_both_versions_of_the_signature_are_known(version):
    """Amazon signs with the first unless a topic asks for the second; a third is none."""
    one, callback = receiver(), posted(TOPICS.message(event("Delivery"), version=version))
    await one.prepare(callback)
    one.verify(callback)
    other = posted(
        callback.body.replace(f'"SignatureVersion":"{version}"'.encode(), b'"SignatureVersion":"3"')
    )
    with pytest.raises(Forged):
        one.verify(other)


@pytest.mark.parametrize(
    "url",
    [
        "https://sns.eu-central-1.amazonaws.com.evil.example/a.pem",
        "http://sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com:8443/a.pem",
        "https://user@sns.eu-central-1.amazonaws.com/a.pem",
        "https://sns.eu-central-1.amazonaws.com/a.pem/../../x",
        "https://127.0.0.1/a.pem",
        "https://[/a.pem",
        "",
    ],
)
async def test_a_certificate_is_fetched_from_amazons_hosts_alone(url):
    """Whoever could name another host could sign what they like."""
    topic = Topic()
    callback = posted(topic.message(event("Delivery"), SigningCertURL=url))
    with pytest.raises(Forged):
        await receiver(topic).prepare(callback)
    assert [] == topic.fetched


async def test_another_topic_is_not_believed_however_well_it_is_signed():
    """Anybody may have a topic at Amazon; nothing is even fetched for it."""
    other = Topic(arn="arn:aws:sns:eu-central-1:111111111111:forbear")
    callback = posted(other.message(event("Delivery")))
    with pytest.raises(Forged):
        await receiver().prepare(callback)
    assert [] == other.fetched
    unknown = receiver()
    with pytest.raises(Forged):
        unknown.verify(posted(TOPICS.message(event("Delivery"))))


async def test_a_certificate_that_is_none_or_cannot_be_fetched_believes_nothing():
    """And a good one is fetched once."""
    topic = Topic()
    one = receiver(topic)
    for _ in range(3):
        await one.prepare(posted(topic.message(event("Delivery"))))
    assert [CERTIFICATE] == topic.fetched
    topic.pem = b"no certificate"
    with pytest.raises(Forged):
        await receiver(topic).prepare(posted(topic.message(event("Delivery"))))


async def test_a_new_topic_is_told_that_the_url_is_ours():
    """After its signature held, and at Amazon's host alone."""
    topic = Topic()
    url = f"{HOST}/?Action=ConfirmSubscription&Token=abc"
    asks = {"Type": "SubscriptionConfirmation", "Token": "abc", "SubscribeURL": url}
    one, callback = receiver(topic), posted(topic.message("You have chosen to subscribe", **asks))
    await one.prepare(callback)
    assert [CERTIFICATE, url] == topic.fetched
    one.verify(callback)
    assert Greeted() == one.parse(callback)
    elsewhere = posted(topic.message("x", **asks | {"SubscribeURL": "https://evil.example/?Action=x"}))
    with pytest.raises(Forged):
        await one.prepare(elsewhere)
    forged = orjson.loads(callback.body) | {"Token": "other"}
    with pytest.raises(Forged):
        await one.prepare(posted(orjson.dumps(forged)))
    assert [CERTIFICATE, url] == topic.fetched


GONE = {
    "emailAddress": "ana@example.com",
    "status": "5.1.1",
    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
}
FULL = GONE | {"status": "5.2.2", "diagnosticCode": "smtp; 552 5.2.2 mailbox full"}
SPAM = GONE | {"status": "5.7.1", "diagnosticCode": "smtp; 550 5.7.1 message refused as spam"}


@pytest.mark.parametrize(
    ("kind", "subtype", "recipient", "outcome", "code", "dead"),
    [
        ("Permanent", "General", GONE, "not_in_service", "5.1.1", True),
        ("Permanent", "NoEmail", GONE, "not_in_service", "5.1.1", True),
        ("Permanent", "General", SPAM, "bounced", "5.7.1", False),
        ("Transient", "MailboxFull", FULL, "bounced", "5.2.2", False),
        ("Transient", "General", GONE, "bounced", "5.1.1", False),
        ("Permanent", "Suppressed", {}, "bounced", None, False),
        ("Undetermined", "Undetermined", {}, "bounced", None, False),
    ],
)
async def test_a_bounce_closes_a_mailbox_by_the_words_that_close_it_anywhere(
    kind, subtype, recipient, outcome, code, dead
):
    """What passes was tried again by SES for hours, and is not tried again."""
    receipt = await said(event("Bounce", **bounce(kind, subtype, [recipient] if recipient else [])))
    assert (Progress.UNDELIVERED, outcome, code, dead, False) == (
        receipt.progress,
        receipt.outcome,
        receipt.code,
        receipt.address_dead,
        receipt.again,
    )
    assert "ana" not in repr(receipt)
    assert "ana" not in repr(dict(receipt.raw))


@pytest.mark.parametrize("kind", ["abuse", "fraud", None])
async def test_a_complaint_is_the_persons_own_word(kind):
    """And feedback that is none of theirs says that the mail arrived."""
    told = {} if kind is None else {"complaintFeedbackType": kind}
    assert Complained(kind=kind or "abuse") == await said(event("Complaint", complaint=told))
    other = await said(event("Complaint", complaint={"complaintFeedbackType": "not-spam"}))
    assert isinstance(other, Receipt)
    assert Progress.DELIVERED is other.progress


async def test_what_is_no_event_of_ours_is_refused_by_its_name():
    """Signed all the same."""
    one = receiver()
    for broken in ("no json", "[]", event("Surprise")):
        callback = posted(TOPICS.message(broken))
        await one.prepare(callback)
        with pytest.raises(Unreadable):
            one.parse(callback)
    with pytest.raises(Unreadable):
        one.token_of(posted(TOPICS.message(event("Delivery"))))
    with pytest.raises(NoSuchCallback):
        await one.prepare(Callback(url="", headers={}, body=b"{}", kind="sms"))
    with pytest.raises(NoSuchCallback):
        one.parse_inbound(posted(b"{}"))
    other = orjson.loads(TOPICS.message(event("Delivery"))) | {"Type": "Other"}
    with pytest.raises(Unreadable):
        await one.prepare(posted(orjson.dumps(other)))
    assert ("", TOPIC) == (one.reply(None, "").body, TOPICS.arn)
