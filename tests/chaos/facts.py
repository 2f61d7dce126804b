"""What happens to borrowers in the middle of a campaign: they write STOP, pay, promise, move, are erased;
their notices are cancelled.

Each thing is brought until it is answered with a success, whatever dies meanwhile; from its answer on it must
hold. The record has a line for each, with the instant before the first try and the one of the answer."""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.cluster import KEY
from tests.chaos.people import PLACES, ZIPS, Person
from tests.chaos.producer import Producer
from tests.chaos.provider import BRING_SECONDS, Phones

KINDS = {
    "stop": 5, "letter": 2, "opt_out": 3, "suppression": 3, "cease": 2, "payment": 3, "promise_to_pay": 3,
    "cancel": 4, "erase": 3,
    "moved": 3, "zone": 4, "postal_code": 2,
}  # fmt: skip
"""What happens, and how often beside the others."""
STOPS = ("STOP", "Stop", "STOPALL", "UNSUBSCRIBE", "QUIT")
SECRET_WORD = "plimquast"
"""Stands in every letter, and must stand in no log."""


@dataclass(slots=True, kw_only=True)
class Facts:
    """Says one thing after another, about one borrower each, to half of all that there are."""

    doors: Callable[[], Sequence[str]]
    phones: Phones
    producer: Producer
    path: Path
    seed: int
    every: float
    """Seconds between two of them."""
    people: dict[int, Person] = field(default_factory=dict)
    """Whom notices go to, as they are now."""
    wrong: list[str] = field(default_factory=list)
    """What was refused for good, or never answered."""
    _over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _touched: set[int] = field(default_factory=set)
    _number: int = 0

    def person(self, number: int) -> Person:
        """Who is posted to under this number."""
        return self.people.setdefault(number, Person(number))

    def start(self, threads: int = 4) -> None:
        """Begin."""
        for place in range(threads):
            dice = random.Random(self.seed * 100 + place)
            thread = threading.Thread(target=self._work, args=(dice, self.every * threads), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self, seconds: float) -> bool:
        """Say nothing further; whether what was under way came to its end in time."""
        self._over.set()
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self, dice: random.Random, pause: float) -> None:
        while not self._over.wait(dice.uniform(0.5, 1.5) * pause):
            who = self._next(dice)
            if who is None:
                continue
            kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
            try:
                self._say(kind, who, dice)
            except Exception as error:  # noqa: BLE001 - the campaign is to say so, not to go on without it
                self.wrong.append(f"FACT: {kind} about {who.id} failed: {error!r}")

    def _next(self, dice: random.Random) -> Person | None:
        """Somebody who has notices and about whom nothing was said yet; every other borrower is left in
        peace, to be reached."""
        with self._lock:
            known = {int(one["borrower"].removeprefix("B-")) for one in self.producer.taken[-400:]}
            free = sorted(one for one in known - self._touched if one // 2 % 2)
            if not free:
                return None
            number = dice.choice(free)
            self._touched.add(number)
            return self.people[number]

    def _say(self, kind: str, who: Person, dice: random.Random) -> None:
        line: dict[str, Any] = {"kind": kind, "borrower": who.id, "began": time.time()}
        match kind:
            case "stop" | "letter":
                words = (
                    dice.choice(STOPS)
                    if kind == "stop"
                    else f"Please stop texting me. {SECRET_WORD} {who.name}"
                )
                answer = self.phones.say_until_taken(who.phone, words)
                if answer is None:
                    raise RuntimeError("nobody took it")
                line |= {"channel": "sms", "address": who.phone}
            case "opt_out" | "cease" | "payment" | "promise_to_pay":
                line |= self._event(kind, who, dice)
            case "suppression":
                channel = dice.choice(("sms", "voice", "email"))
                address = who.mailbox if channel == "email" else who.phone
                body = {"address": address, "channel": channel, "reason": "opt_out", "note": SECRET_WORD}
                self._ask("POST", "/v1/suppressions", body)
                line |= {"channel": channel, "address": address}
            case "cancel":
                notice = dice.choice([one["id"] for one in self.producer.taken if one["borrower"] == who.id])
                self._ask("POST", f"/v1/notices/{notice}/cancel", {})
                line |= {"notice": notice}
            case "erase":
                self._ask("POST", f"/v1/borrowers/{who.id}/erase", {"reason": "asked for it"})
            case _:
                line = self._change(kind, who, dice)
        line["at"] = time.time()
        with self._lock, self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")

    def _event(self, kind: str, who: Person, dice: random.Random) -> dict[str, Any]:
        channel = dice.choice(("sms", "voice", "email", "any")) if kind == "opt_out" else None
        with self._lock:
            self._number += 1
            event_id = f"fact-{self._number}"
        body = {
            "event_id": event_id,
            "borrower_id": who.id,
            "type": kind,
            "at": datetime.now(UTC).isoformat(),
            **({"channel": channel} if channel else {}),
            **({"debt_ids": [f"L-{who.number}"]} if kind in {"payment", "promise_to_pay"} else {}),
        }
        self._ask("POST", "/v1/events", body)
        return {"channel": channel or "any", "event_id": event_id}

    def _change(self, kind: str, who: Person, dice: random.Random) -> dict[str, Any]:
        """Notices that are made from now on know of it; those made before are waited for, so that none of
        them undoes it."""
        if kind == "moved":
            new = replace(who, moved=who.moved + 1)
        else:
            places = ZIPS if kind == "postal_code" else PLACES
            new = replace(
                who, place=PLACES.index(dice.choice([one for one in places if one["zone"] != who.zone]))
            )
        with self.producer.lock:
            self.people[who.number] = new
        deadline = time.monotonic() + 120
        while self.producer.open[who.id] and time.monotonic() < deadline:
            time.sleep(0.05)
        began = time.time()
        self._ask("PUT", f"/v1/borrowers/{who.id}", new.profile())
        return {
            "kind": kind, "borrower": who.id, "began": began, "zone": new.zone,
            "gone": [one for one in (who.phone, who.mailbox) if one not in (new.phone, new.mailbox)],
            "addresses": [new.phone, new.mailbox],
        }  # fmt: skip

    def _ask(self, method: str, path: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        deadline = time.monotonic() + BRING_SECONDS
        while time.monotonic() < deadline:
            for door in self.doors():
                request = urllib.request.Request(
                    door + path, json.dumps(body).encode(), headers, method=method
                )
                try:
                    with urllib.request.urlopen(request, timeout=5) as answer:
                        return json.loads(answer.read())
                except urllib.error.HTTPError as error:
                    text = error.read().decode()
                    if error.code < 500 and error.code != 429:
                        raise RuntimeError(f"{method} {path}: {error.code} {text}") from None
                except OSError:
                    continue
            time.sleep(0.2)
        raise RuntimeError(f"{method} {path}: nobody answered")
