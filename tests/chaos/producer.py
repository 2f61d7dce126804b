"""An upstream system that never gives up: it posts with an Idempotency-Key until it has a 202, and writes
down what it got."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from policies.places.parts import country_by_zone
from tests.chaos.cluster import KEY
from tests.chaos.people import Person, principal
from tests.somewhere import place_at


def zone_at_noon() -> str:
    """The zone of a country in which it is about noon, so that the hours of the house do not end the
    campaign, and no law does."""
    name: str = place_at()["time_zone"]
    return name


THIRD_PARTY = 2
"""Every third creditor has its notices sent by somebody else, whose records go after three years."""


def telephone(borrower: int) -> str:
    """A number of those reserved for fiction, another one for each borrower."""
    return f"+1{200 + borrower // 100:03d}55501{borrower % 100:02d}"


def notice(
    number: int, borrower: int, channels: Sequence[str], zone: str, *, person: Person | None = None
) -> dict[str, Any]:
    """A notice whose amount is its own, so that the provider's record tells which one was said; to a person
    of some place, where there is one."""
    profile = (
        {"id": person.id, **person.profile()}
        if person is not None
        else {
            "id": f"B-{borrower}",
            "name": "Ana Ruiz",
            "language": "en-US",
            "country": country_by_zone().get(zone),
            "time_zone": zone,
            "addresses": {
                "sms": telephone(borrower),
                "voice": telephone(borrower),
                "email": f"borrower{borrower}@example.com",
            },
        }
    )
    return {
        "borrower": profile,
        "debt": {
            "id": f"L-{borrower}",
            "account_id": f"A-{borrower}",
            "creditor": f"lender-{borrower % 3}",
            "currency": "USD",
            "principal": "90000.00" if person is None else principal(borrower),
            "due_on": (datetime.now(UTC).date() - timedelta(days=22)).isoformat(),
            "days_past_due": 22,
            "amount_due": amount(number),
            "late_fees": "0.00",
        },
        "sender_role": "third_party" if borrower % 3 == THIRD_PARTY else "original_creditor",
        "category": "collection",
        "template": "overdue-reminder",
        "channels": list(channels),
        "reference": f"R-{number}",
    }


def amount(number: int) -> str:
    """The amount that stands for a notice: 1000.01 and up."""
    return f"{1000 + (number + 1) // 100}.{(number + 1) % 100:02d}"


@dataclass(slots=True)
class Producer:
    """Posts notices on several threads, as many as `most`, or until it is stopped. `path` gets a line for
    each 202."""

    doors: Callable[[], Sequence[str]]
    path: Path
    make: Callable[[int], dict[str, Any]]
    """The notice of a number; asked for each number once, in their order."""
    most: int | None = None
    name: str = "post"
    """What its Idempotency-Keys begin with."""
    notices: list[dict[str, Any]] = field(default_factory=list)
    """What was made so far, posted or not."""
    open: Counter[str] = field(default_factory=Counter)
    """Notices by borrower that were made and have no 202 yet."""
    repeated: int = 0
    """Posts that had to be sent again because no answer came."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held while a notice is made, and while an answer is written down."""
    _over: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _failed: list[Exception] = field(default_factory=list)
    accepted: int = 0
    taken: list[dict[str, Any]] = field(default_factory=list)
    """What got a 202, in the order of the answers."""

    def start(self, threads: int, *, per_second: float) -> None:
        """Begin posting."""
        pause = threads / per_second
        for _ in range(threads):
            thread = threading.Thread(target=self._work, args=(pause,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def wait(self, seconds: float) -> bool:
        """Until everything was accepted; False when the time is over. Raises RuntimeError where a notice was
        refused or a thread died: what it posted has no 202, and the checker would look for it in vain."""
        deadline = time.monotonic() + seconds
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self._failed:
            raise RuntimeError(f"posting failed: {self._failed[0]!r}") from self._failed[0]
        return not any(thread.is_alive() for thread in self._threads)

    def stop(self) -> None:
        """Post no further notice; what is under way is still brought to its end."""
        self._over.set()

    def _work(self, pause: float) -> None:
        try:
            self._post_all(pause)
        except Exception as error:  # noqa: BLE001 - told by whoever waits
            self._failed.append(error)

    def _post_all(self, pause: float) -> None:
        while not self._over.is_set():
            with self.lock:
                number = len(self.notices)
                if number == self.most:
                    return
                self.notices.append(self.make(number))
                self.open[self.notices[number]["borrower"]["id"]] += 1
            self._post(number)
            time.sleep(pause)

    def _post(self, number: int) -> None:
        body = json.dumps(self.notices[number]).encode()
        headers = {
            "Authorization": f"Bearer {KEY}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{self.name}-{number}",
        }
        began = time.time()
        while True:
            for door in self.doors():
                try:
                    with urllib.request.urlopen(
                        urllib.request.Request(f"{door}/v1/notices", body, headers), timeout=5
                    ) as answer:
                        document = json.loads(answer.read())
                except urllib.error.HTTPError as error:
                    if error.code < 500 and error.code != 429:
                        raise RuntimeError(error.read().decode()) from None
                    time.sleep(0.2)
                except (OSError, http.client.HTTPException, json.JSONDecodeError):
                    with self.lock:  # no answer, or half of one: the process ended in the middle of it
                        self.repeated += 1
                else:
                    self._keep(number, document["id"], began)
                    return
            time.sleep(0.1)

    def _keep(self, number: int, id_: str, began: float) -> None:
        one = self.notices[number]
        line = {
            "id": id_,
            "borrower": one["borrower"]["id"],
            "channels": one["channels"],
            "amount": one["debt"]["amount_due"],
            "began": began,
            "at": time.time(),
        }
        with self.lock:
            self.accepted += 1
            self.open[one["borrower"]["id"]] -= 1
            self.taken.append(line)
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")
