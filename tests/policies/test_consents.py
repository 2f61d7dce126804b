"""What a consent is, whom it is given to, how it ends and comes back."""

from __future__ import annotations

from typing import Any

from policies.verdict import Kind
from tests.policies.asking import AT, DAY, HERE, HOUR, LOCAL_MIDNIGHT, MINUTE, THERE, ask, event, said

SMS: dict[str, Any] = {"channel": "sms"}


def test_a_consent_is_needed_and_may_be_taken_back() -> None:
    """Of the channel or of any; the later word counts."""
    rule = {"kind": "consent"}
    assert "suppress" == said(rule, **SMS)
    assert "suppress" == said(rule, event("consent", channel="email"), **SMS)
    assert "allow" == said(rule, event("consent", channel="any"), **SMS)
    assert "suppress" == said({**rule, "any_channel": False}, event("consent", channel="any"), **SMS)
    assert "suppress" == said(
        rule, event("consent", 2 * DAY, channel="sms"), event("revoke_consent", channel="any"), **SMS
    )
    assert "allow" == said(
        rule, event("consent", 2 * DAY, channel="sms"), event("opt_out", channel="email"), **SMS
    )
    assert "allow" == said(
        rule, event("opt_out", 2 * DAY, channel="sms"), event("consent", channel="sms"), **SMS
    )


def test_a_consent_to_come_is_waited_for() -> None:
    """A dated consent defers the message to its day."""
    assert AT + DAY == ask({"kind": "consent"}, event("consent", -DAY, channel="sms"), **SMS).until


def test_a_number_that_was_given_is_a_consent_where_the_rule_accepts_it() -> None:
    """47 CFR 64.1200(f)(9): a number given for the account."""
    rule = {"kind": "consent", "accepts": ["consent", "number_given"]}
    for channel, expected in ((None, "allow"), ("sms", "allow"), ("any", "allow"), ("voice", "suppress")):
        assert expected == said(rule, event("number_given", channel=channel), **SMS)


def test_a_consent_for_another_debt_serves_for_none() -> None:
    """One that names none is for all."""
    rule = {"kind": "consent"}
    assert "allow" == said(rule, event("consent", channel="sms"), **SMS)
    assert "allow" == said(rule, event("consent", channel="sms", debt_ids=("loan",)), **SMS)
    assert "suppress" == said(rule, event("consent", channel="sms", debt_ids=("other",)), **SMS)


def test_a_reassigned_number_ends_the_consent_of_the_one_before() -> None:
    """The report must be later than the consent."""
    rule = {"kind": "consent", "reassigned_ends": True}
    given = event("consent", 2 * DAY, channel="sms")
    assert "suppress" == said(rule, given, event("rnd_check", result="reassigned"), **SMS)
    assert "allow" == said(rule, given, event("rnd_check", result="not_reassigned"), **SMS)
    assert "allow" == said(rule, given, event("rnd_check", 3 * DAY, result="reassigned"), **SMS)


def test_a_topics_opt_out_is_that_topics_until_the_day_of_all() -> None:
    """47 CFR 64.1200(a)(10): from 31 January 2027 an opt-out covers all topics."""
    rule = {"kind": "consent", "topics": True}
    history = (event("consent", 2 * DAY, channel="sms"), event("opt_out", channel="sms", topic="billing"))
    assert "suppress" == said(rule, *history, **SMS, topic="billing")
    assert "suppress" == said(rule, *history, **SMS)
    assert "allow" == said(rule, *history, **SMS, topic="offers")
    dated = {**rule, "all_topics_from": "2026-07-20"}
    verdict = ask(dated, *history, **SMS, topic="offers")
    assert (Kind.ALLOW, LOCAL_MIDNIGHT + 6 * DAY) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said({**rule, "all_topics_from": "2026-07-01"}, *history, **SMS, topic="offers")
    assert "allow" == said(dated, *history, **SMS, topic="offers", zones=())  # not yet that day anywhere
    twice = (*history, event("opt_out", channel="sms", topic="other"))
    assert LOCAL_MIDNIGHT + 6 * DAY == ask(dated, *twice, **SMS, topic="offers").valid_until


def test_a_revocation_is_confirmed_once_within_minutes() -> None:
    """As an opt-out is."""
    rule = {"kind": "consent", "confirmation_minutes": 5}
    history = (event("consent", DAY, channel="sms"), event("opt_out", 2 * MINUTE, channel="sms"))
    given = {**SMS, "content_class": "optout_confirmation"}
    assert AT + 3 * MINUTE == ask(rule, *history, **given).valid_until
    assert (
        AT + MINUTE == ask(rule, *history, event("opt_out", 4 * MINUTE, channel="sms"), **given).valid_until
    )
    assert "suppress" == said(rule, *history, **given, contains_marketing=True)
    assert "suppress" == said(
        rule, *history, event("contact", MINUTE, channel="sms", content_class="optout_confirmation"), **given
    )
    assert "suppress" == said(rule, *history, at=AT + 3 * MINUTE, **given)
    assert "suppress" == said(rule, *history, **SMS)
    assert "suppress" == said({"kind": "consent"}, *history, **given)


def test_a_sign_of_the_borrower_keeps_a_number_fresh() -> None:
    """12 CFR 1006.6(d)(5): a direct consent or a message through the channel, and one of them or a clean
    check within sixty dates."""
    rule = {"kind": "consent", "days": 60, "direct": True, "only_if_asked": True}
    given = {**SMS, "check_text_safe_harbor": True}
    assert "allow" == said(rule, **SMS)
    assert "suppress" == said(rule, **given)
    wrote = event("inbound", 90 * DAY, channel="sms")
    for signs in (
        (event("consent", 60 * DAY, channel="sms"),),
        (event("inbound", 60 * DAY, channel="sms"),),
        (wrote, event("rnd_check", 60 * DAY, result="not_reassigned")),
    ):
        verdict = ask(rule, *signs, **given)
        assert (Kind.ALLOW, LOCAL_MIDNIGHT + DAY) == (verdict.kind, verdict.valid_until)
    assert "suppress" == said(rule, event("consent", 61 * DAY, channel="sms"), **given)
    assert "suppress" == said(rule, event("consent", channel="sms", given_to="creditor"), **given)
    assert "suppress" == said(rule, event("rnd_check", result="not_reassigned"), **given)
    assert "suppress" == said(rule, wrote, event("rnd_check", result="reassigned"), **given)
    assert "suppress" == said(
        rule, event("inbound", channel="email"), event("rnd_check", result="not_reassigned"), **given
    )
    fresh = event("inbound", 2 * DAY, channel="sms")
    assert "suppress" == said(rule, fresh, event("rnd_check", result="reassigned"), **given)
    assert "allow" == said(rule, fresh, event("rnd_check", 3 * DAY, result="reassigned"), **given)


def test_a_consent_ends_when_it_says() -> None:
    """Until then a permission lasts, from then on the consent before it counts, if there is one."""
    ends = event("consent", 2 * DAY, channel="sms", expires_at=AT + DAY)
    for rule in ({"kind": "consent"}, {"kind": "bar", "on": "always", "unless": {"consent": True}}):
        verdict = ask(rule, ends, **SMS)
        assert (Kind.ALLOW, AT + DAY) == (verdict.kind, verdict.valid_until)
        assert "allow" == said(rule, ends, at=AT + DAY - MINUTE, **SMS)
        assert "suppress" == said(rule, ends, at=AT + DAY, **SMS)
        assert "allow" == said(rule, event("consent", 3 * DAY, channel="sms"), ends, at=AT + DAY, **SMS)


def test_a_consent_is_for_the_address_that_it_names() -> None:
    """One that names none is for all; so is a revocation, and one that names another address leaves this
    one."""
    for rule in ({"kind": "consent"}, {"kind": "bar", "on": "always", "unless": {"consent": True}}):
        consent = event("consent", 2 * DAY, channel="sms")
        assert "allow" == said(rule, event("consent", address=HERE), address=HERE, **SMS)
        assert "suppress" == said(rule, event("consent", address=THERE), address=HERE, **SMS)
        assert "suppress" == said(
            rule, consent, event("opt_out", channel="sms", address=HERE), address=HERE, **SMS
        )
        assert "allow" == said(
            rule, consent, event("opt_out", channel="sms", address=THERE), address=HERE, **SMS
        )
        assert "suppress" == said(
            rule, consent, event("opt_out", channel="sms", address=THERE, scope="medium"), address=HERE, **SMS
        )


def test_an_opt_in_gives_a_consent_back() -> None:
    """START after STOP; it gives nothing that was never there, and nothing of another channel or address."""
    rule = {"kind": "consent"}
    taken = (event("consent", 3 * DAY, channel="any"), event("opt_out", 2 * DAY, channel="sms", address=HERE))
    assert "allow" == said(rule, *taken, event("opt_in", channel="sms"), **SMS)
    assert "suppress" == said(rule, *taken, event("opt_in", 3 * DAY, channel="sms"), **SMS)
    assert "suppress" == said(rule, *taken, event("opt_in", channel="email"), **SMS)
    assert "suppress" == said(rule, *taken, event("opt_in", channel="sms", address=THERE), **SMS)
    assert "suppress" == said(rule, event("opt_in", channel="sms"), **SMS)


def test_a_number_given_once_more_takes_no_revocation_back() -> None:
    """The number was there before; who said no must say yes."""
    rule = {"kind": "consent", "accepts": ["consent", "number_given"]}
    taken = event("opt_out", 2 * DAY, channel="sms")
    assert "suppress" == said(rule, taken, event("number_given"), **SMS)
    assert "allow" == said(rule, taken, event("consent", channel="sms"), event("number_given", HOUR), **SMS)


def test_an_opt_out_of_calls_takes_back_the_consent_to_calls_of_every_kind() -> None:
    """A prerecorded call is a call."""
    rule = {"kind": "consent"}
    consent = event("consent", 2 * DAY, channel="voice_prerecorded")
    assert "suppress" == said(rule, consent, event("opt_out", channel="voice"), channel="voice_prerecorded")
    assert "allow" == said(rule, consent, event("opt_out", channel="sms"), channel="voice_prerecorded")


def test_a_revocation_may_reach_texts_and_automatic_calls_alike() -> None:
    """47 CFR 64.1200(a)(10): consent to texts and to automatic calls to a number is one; a live call needs
    none, and e-mail is another."""
    rule = {"kind": "consent", "texts_and_calls": True}
    consent = event("consent", 2 * DAY, channel="any")
    for taken, proposed, expected in (
        ("sms", "voice_prerecorded", "suppress"),
        ("ringless_vm", "sms", "suppress"),
        ("voice", "sms", "allow"),
        ("email", "sms", "allow"),
        ("sms", "email", "allow"),
    ):
        assert expected == said(rule, consent, event("opt_out", channel=taken), channel=proposed), (
            taken,
            proposed,
        )
