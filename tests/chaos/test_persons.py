"""The checker finds what may not happen to a person: each kind of harm, put into records that were well
before."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import checker, persons, records, rests
from tests.chaos.persons import Story, judge_persons, story_of
from tests.chaos.records import Clocks, Findings, Records, Said

AT = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
"""Noon in New York; 02:00 in Tokyo."""
NOW = AT.timestamp()
NUMBER, OTHER = "+12025550101", "+12025550102"
MAILBOX = "box1@example.com"


def person(number: int, phone: str = NUMBER, zone: str = "America/New_York") -> dict[str, Any]:
    """One who is written to."""
    return {
        "borrower": f"B-{number}",
        "name": f"Ana {'Kelu' if number == 1 else 'Mina'}quist",
        "zone": zone,
        "addresses": [phone, MAILBOX if number == 1 else "box2@example.com"],
        "principal": f"{50_000 + number}.50",
        "creditor": f"lender-{number}",
    }


def said(number: int = 1, amount: str = "1000.01", channel: str = "sms", **further: Any) -> Said:
    """A text that says what it should."""
    who = person(number)
    text = f"{who['creditor']}: {who['name']}, your loan of $50,00{number}.50; due now $1,000.01."
    given = {"at": AT, "to": NUMBER if channel != "email" else MAILBOX, "text": text, **further}
    return Said(amount=amount, borrower=f"B-{number}", channel=channel, ref="SM1", **given)


def story(*facts: dict[str, Any], clocks: list[dict[str, Any]] | None = None, **further: Any) -> Story:
    """Two who have one number, with one notice each that was accepted an hour ago."""
    return Story(
        people={"B-1": person(1), "B-2": person(2)},
        facts=list(facts),
        accepted={
            f"1000.0{number}": {
                "id": f"ntc_{number}",
                "borrower": f"B-{number}",
                "amount": f"1000.0{number}",
                "at": NOW - 3600,
            }
            for number in (1, 2)
        },
        clocks=Clocks(clocks or [{"at": 0, "least": 0, "most": 0}]),
        thaws=further.get("thaws", ()),
        known=frozenset({"lender-1", "lender-2"}),
    )


def fact(kind: str, *, ago: float = 60.0, **further: Any) -> dict[str, Any]:
    """Something that was answered so many seconds ago, a second after it was begun."""
    return {"kind": kind, "borrower": "B-1", "began": NOW - ago - 1, "at": NOW - ago, **further}


def found(check: Callable[..., None], *arguments: Any) -> list[str]:
    """The kinds of what a check finds."""
    findings = Findings()
    check(findings, *arguments)
    return [one.partition(":")[0] for one in findings.wrong]


def test_it_shares_no_code_with_what_it_judges() -> None:
    for module in (persons, records, rests, checker):
        tree = ast.parse(Path(module.__file__).read_text())  # type: ignore[arg-type]
        named = {one.module or "" for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
        named |= {alias.name for one in ast.walk(tree) if isinstance(one, ast.Import) for alias in one.names}
        assert not {one for one in named if one.partition(".")[0] in {"service", "channels", "policies"}}
        assert {one for one in named if one.startswith("tests.")} <= {
            "tests.chaos.choices",
            "tests.chaos.persons",
            "tests.chaos.records",
            "tests.chaos.rests",
        }


@pytest.mark.parametrize(
    ("told", "at", "expected"),
    [
        (story(), AT, []),
        (story(), AT.replace(hour=12, minute=59), ["HOURS"]),
        (story(), AT + timedelta(hours=9, seconds=61), ["HOURS"]),
        (story(), AT + timedelta(hours=9, seconds=30), []),
        (story(clocks=[{"at": 0, "least": 43200, "most": 43200}]), AT, ["HOURS"]),
        (story(clocks=[{"at": 0, "least": -45, "most": 600}]), AT.replace(hour=12, minute=51), []),
        (story(clocks=[{"at": 0, "least": -45, "most": 600}]), AT.replace(hour=12, minute=49), ["HOURS"]),
        (story(fact("zone", zone="Asia/Tokyo")), AT, ["HOURS"]),
        (story(fact("zone", zone="Asia/Tokyo", ago=2)), AT, []),
        (story(fact("zone", zone="Asia/Tokyo", ago=20), thaws=[NOW - 1]), AT, []),
    ],
    ids=[
        "noon", "07:59", "after nine", "at nine, decided before", "a clock that was moved on",
        "a clock that is ahead",
        "more than it may be ahead", "moved to Tokyo", "moved this second",
        "marked before, by a frozen process",
    ],
)  # fmt: skip
def test_a_message_outside_the_hours_of_the_person_is_found(
    told: Story, at: datetime, expected: list[str]
) -> None:
    assert expected == found(persons.within_hours, told, [said(at=at)])


BEFORE = {"stop": {"channel": "sms", "address": NUMBER}, "cancel": {"notice": "ntc_1"}}


@pytest.mark.parametrize(
    ("kind", "further"),
    [
        ("stop", {"channel": "sms", "address": NUMBER}),
        ("letter", {"channel": "sms", "address": NUMBER}),
        ("suppression", {"channel": "sms", "address": NUMBER}),
        ("opt_out", {"channel": "sms"}),
        ("opt_out", {"channel": "any"}),
        ("cease", {"channel": "any"}),
        ("payment", {}),
        ("promise_to_pay", {}),
        ("erase", {}),
        ("cancel", {"notice": "ntc_1"}),
        ("moved", {"gone": [NUMBER], "addresses": [OTHER]}),
    ],
)
def test_a_message_after_an_answered_wish_is_found(kind: str, further: dict[str, Any]) -> None:
    """But not one that was marked when the answer came, and none that it does not end."""
    assert ["WISH"] == found(persons.wishes_kept, story(fact(kind, **further)), [said()])
    assert [] == found(persons.wishes_kept, story(fact(kind, ago=5, **further)), [said()])
    assert [] == found(persons.wishes_kept, story(fact(kind, ago=20, **further), thaws=[NOW - 1]), [said()])
    assert [] == found(persons.wishes_kept, story(fact(kind, ago=-60, **further)), [said()])


@pytest.mark.parametrize(
    ("told", "one", "expected"),
    [
        (fact("stop", channel="sms", address=NUMBER), said(2, "1000.02"), ["WISH"]),
        (fact("stop", channel="sms", address=NUMBER), said(channel="voice"), []),
        (fact("stop", channel="sms", address=NUMBER), said(to=OTHER), []),
        (fact("opt_out", channel="email"), said(), []),
        (fact("opt_out", channel="any"), said(2, "1000.02"), []),
        (fact("payment", ago=4000), said(), []),
        (fact("cancel", notice="ntc_1"), said(2, "1000.02"), []),
        (fact("moved", gone=[NUMBER], addresses=[OTHER]), said(to=OTHER), []),
    ],
    ids=[
        "another with the number", "another channel", "another number", "another channel's opt-out",
        "another person",
        "a notice after the payment", "another notice", "to the new number",
    ],
)  # fmt: skip
def test_a_wish_ends_what_it_is_about_and_nothing_else(
    told: dict[str, Any], one: Said, expected: list[str]
) -> None:
    assert expected == found(persons.wishes_kept, story(told), [one])


def test_a_second_confirmation_of_an_opt_out_is_found() -> None:
    stop = fact("stop", channel="sms", address=NUMBER)
    one = Said(amount="ntc_9", borrower="", channel="sms", at=AT, ref="SM9", to=NUMBER)
    assert [] == found(persons.wishes_kept, story(stop), [one])
    assert ["WISH"] == found(persons.wishes_kept, story(stop), [one, one])
    assert ["WISH"] == found(persons.wishes_kept, story(), [one])


def test_more_calls_in_a_day_than_a_number_may_get_are_found_whoever_has_it() -> None:
    calls = [said(1 + place % 2, channel="voice", at=AT + timedelta(minutes=place)) for place in range(4)]
    assert [] == found(persons.numbers_kept, story(), calls[:3])
    assert ["NUMBER"] == found(persons.numbers_kept, story(), calls)
    assert [] == found(persons.numbers_kept, story(), [*calls[:3], said(channel="voice", to=OTHER)])
    days = [{"at": NOW + 60 * place, "least": 86_500 * place, "most": 86_500 * place} for place in range(4)]
    assert [] == found(persons.numbers_kept, story(clocks=days), calls)


def test_more_texts_in_an_hour_than_the_networks_take_are_found() -> None:
    texts = [said(text=str(place), at=AT + timedelta(seconds=place)) for place in range(101)]
    assert [] == found(persons.numbers_kept, story(), texts[:100])
    assert ["NUMBER"] == found(persons.numbers_kept, story(), texts)
    assert ["NUMBER"] == found(persons.numbers_kept, story(), [said()] * 21)


@pytest.mark.parametrize(
    "wrong",
    [
        said(to=OTHER),
        said(text=said().text.replace("50,001", "50,002")),
        said(text=said().text.replace("lender-1", "lender-2")),
        said(channel="email", text=said().text.replace("Keluquist", "Minaquist")),
        said(text=said().text + " Minaquist"),
        said(text=said().text + " $50,002.50"),
        said(channel="email", text=said().text.replace("Ana Keluquist", "you")),
    ],
    ids=[
        "another's number", "another's loan", "another lender", "another's name", "another's name too",
        "another's loan too",
        "nobody's name",
    ],
)  # fmt: skip
def test_words_that_are_anothers_are_found(wrong: Said) -> None:
    assert [] == found(persons.right_words, story(), [said(), said(channel="email")])
    assert [] == found(
        persons.right_words, story(), [said(channel="voice", text="<Response><Hangup /></Response>")]
    )
    assert {"PERSON"} == {*found(persons.right_words, story(), [wrong])}


def row(number: int = 1, *attempts: str, state: str = "delivered", **further: Any) -> dict[str, Any]:
    """A delivery of a notice."""
    return {
        "notice": f"ntc_{number}",
        "channel": "sms",
        "state": state,
        "reason": "?",
        "attempts": list(attempts),
        **further,
    }


TAKEN = [{"to": NUMBER, "taken": True, "did": "take"}]


@pytest.mark.parametrize(
    ("rows", "book", "facts", "expected"),
    [
        ([row(1, "delivered"), row(2, "delivered")], TAKEN, [], 0),
        ([row(1, "delivered"), row(2, state="deferred")], TAKEN, [], 1),
        ([row(1, "released", state="deferred"), row(2, "delivered")], TAKEN, [], 1),
        ([row(1, state="held"), row(2, state="held")], [], [], 5),
        ([row(1, "unknown", state="held"), row(2, "delivered")], TAKEN, [], 0),
        ([row(1, state="suppressed"), row(2, "delivered")], TAKEN, [], 2),
        ([row(1, "refused", state="rejected"), row(2, "delivered")], TAKEN, [], 0),
        ([row(1, state="suppressed"), row(2, state="suppressed")], TAKEN, [fact("stop", address=NUMBER)], 0),
        ([row(1, state="held")], [{"to": NUMBER, "taken": False, "did": "refuse"}], [], 0),
    ],
    ids=[
        "all is sent", "one waits for nothing", "its slot was given back", "everything is held",
        "nobody knows whether it went",
        "suppressed for nothing", "refused for good", "a STOP of the other one",
        "the provider refused the number",
    ],
)  # fmt: skip
def test_nobody_of_whom_nothing_was_said_is_forgotten(
    rows: list[dict[str, Any]], book: list[dict[str, Any]], facts: list[dict[str, Any]], expected: int
) -> None:
    assert ["STARVED"] * expected == found(persons.nobody_starves, 3, story(*facts), rows, book)


def call(number: int, *, ago: float, did: str = "take") -> dict[str, Any]:
    """A call that was handed over about a notice."""
    url = f"http://forbear.example/v1/receipts/twilio/voice/ntc_{number}.voice.1.x"
    return {"channel": "voice", "to": NUMBER, "taken": did == "take", "did": did, "at": NOW - ago, "url": url}


CASCADE = {"fan_out": "adaptive"}
FIRST = row(1, "accepted", state="accepted", **CASCADE)
ENDED = row(1, state="cancelled", **CASCADE)


@pytest.mark.parametrize(
    ("rows", "book", "expected"),
    [
        ([FIRST, ENDED], [call(1, ago=60)], 0),
        ([FIRST, ENDED], [call(1, ago=60, did="cut before")], 0),
        ([FIRST, ENDED], [call(1, ago=60, did="busy")], 2),
        ([FIRST, ENDED], [call(1, ago=4000)], 2),
        ([FIRST, ENDED], [call(2, ago=60)], 2),
        ([FIRST, ENDED], [], 2),
        ([ENDED], [call(1, ago=60)], 2),
        ([FIRST, row(1, state="cancelled")], [call(1, ago=60)], 2),
        ([FIRST, row(1, state="cancelled", left_out=True, **CASCADE)], [], 0),
    ],
    ids=[
        "a call after the notice", "one that may have been answered", "one that never was", "one before it",
        "one to somebody else", "no call at all", "and nothing of the notice had gone", "no cascade",
        "left out by a choice",
    ],
)  # fmt: skip
def test_a_cascade_that_nobody_answered_is_not_ended(
    rows: list[dict[str, Any]], book: list[dict[str, Any]], expected: int
) -> None:
    assert ["STARVED"] * expected == found(persons.nobody_starves, 3, story(), rows, [*TAKEN, *book])


@pytest.mark.parametrize(
    "text",
    ["sent to Keluquist", "to=%2B12025550101", "box1@example.com bounced", "$50,001.50", "said plimquast"],
)
def test_personal_data_in_a_log_is_found(tmp_path: Path, text: str) -> None:
    log = tmp_path / "api-1.log"
    log.write_text("all is well\n")
    assert [] == found(persons.nothing_leaks, story(), [log], ['{"kind": "decision"}'])
    assert ["LEAK"] == found(persons.nothing_leaks, story(), [log], [text])
    log.write_text(f"all is well\n{text}\n")
    assert ["LEAK"] == found(persons.nothing_leaks, story(), [log], [])


def test_the_whole_of_it_is_read_from_the_records(tmp_path: Path) -> None:
    """And a campaign without people is not asked about any."""
    written = {
        "people": [person(1)],
        "facts": [fact("stop", channel="sms", address=NUMBER)],
        "accepted": [{"id": "ntc_1", "borrower": "B-1", "amount": "1000.01", "at": NOW - 3600}],
        "clocks": [{"at": 0.0, "least": 0.0, "most": 0.0}],
        "provider": [],
    }
    for name, some in written.items():
        (tmp_path / name).write_text("".join(json.dumps(one) + "\n" for one in some))
    told = Records(
        provider=tmp_path / "provider", accepted=tmp_path / "accepted", export=tmp_path / "export",
        checkpoint=tmp_path / "checkpoint", verifier_key="", database="", cap=3, window=timedelta(days=6),
        debts={},
        people=tmp_path / "people", facts=tmp_path / "facts", clocks=tmp_path / "clocks",
    )  # fmt: skip
    assert {"B-1"} == story_of(told).people.keys()
    assert ["WISH"] == found(judge_persons, told, [said()], [row(1, "delivered")], [], [])
    (tmp_path / "people").unlink()
    assert [] == found(judge_persons, told, [said()], [], [], [])
