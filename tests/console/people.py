"""Who lives in the planted world, and what is sent to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A borrower of the planted world."""

    id: str
    name: str
    language: str
    place: dict[str, Any]
    phone: str | None
    email: str
    days: int
    creditor: str = "first-inclusive-bank"
    role: str = "original_creditor"
    currency: str = "USD"

    def document(self) -> dict[str, Any]:
        """As a notice brings them."""
        addresses: dict[str, Any] = {"email": {"address": self.email, "source": "given_by_borrower"}}
        if self.phone is not None:
            mobile = {"address": self.phone, "kind": "mobile", "source": "given_by_borrower"}
            addresses |= {"sms": mobile, "voice": mobile}
        consents = [
            {"channel": channel, "at": "2026-01-05T10:00:00Z", "given_to": "creditor"}
            for channel in ("sms", "voice_prerecorded", "email")
        ]
        return {
            "id": self.id,
            "name": self.name,
            "language": self.language,
            "addresses": addresses,
            "consents": consents,
            **self.place,
        }


def _us(part: str, code: str, zone: str | None = None) -> dict[str, Any]:
    return {"jurisdiction": part, "country": "US", "postal_code": code, "time_zone": zone}


PEOPLE = (
    Person(id="B-1001", name="Ana Ruiz", language="en-US", place=_us("US-MA", "02108"), phone="+16175550123",
    email="ana@example.com", days=22),
    Person(id="B-1002", name="Li Wei", language="zh-CN", place={"country": "CN", "jurisdiction": "CN"},
    phone=None, email="li@example.com", days=41, currency="CNY"),
    Person(id="B-1003", name="Noor Haddad", language="en-US", place=_us("US-NY", "10001"),
    phone="+12125550142", email="noor@example.com", days=12, role="third_party", creditor="harbour-credit"),
    Person(id="B-1004", name="Tom Blake", language="en-GB", place={"country": "GB",
    "postal_code": "EC1A 1BB"}, phone="+447700900123", email="tom@example.com", days=95, currency="GBP"),
    Person(id="B-1005", name="Marta Soler", language="es", place={"country": "ES", "jurisdiction": "ES"},
    phone=None, email="marta@example.com", days=8, currency="EUR"),
    Person(id="B-1006", name="Kai Nakoa", language="en-US", place=_us("US-HI", "96813"), phone="+18085550117",
    email="kai@example.com", days=35),
    Person(id="B-1007", name="Jules Petit", language="en", place={"country": "FR", "postal_code": "75001"},
    phone="+33639980123", email="jules@example.com", days=18, currency="EUR"),
    Person(id="B-1008", name="Priya Nair", language="en", place={"country": "IN", "jurisdiction": "IN"},
    phone=None, email="priya@example.com", days=27, currency="INR"),
    Person(id="B-1009", name="Sam Ortega", language="es", place=_us("US-CA", "94105"), phone="+14155550134",
    email="sam@example.com", days=55),
    Person(id="B-1010", name="Ruth Adler", language="en-US", place={}, phone="+13035550161",
    email="ruth@example.com", days=15),
    Person(id="B-1011", name="Olu Ade", language="en-US", place=_us("US-TX", "79901"), phone="+19155550177",
    email="olu@example.com", days=3),
    Person(id="B-1012", name="Mia Chen", language="en-US", place=_us("US-MA", "10001", "Asia/Tokyo"),
    phone="+16175550188", email="mia@example.com", days=30),
    Person(id="B-1013", name="Jo Busy", language="en-US", place=_us("US-IL", "60601"), phone="+15005550002",
    email="bounce@sandbox.example", days=19),
    Person(id="B-1014", name="Al Lost", language="en-US", place=_us("US-FL", "33101"), phone="+15005550009",
    email="timeout-taken@sandbox.example", days=64),
    Person(id="B-1015", name="Eve Talk", language="en-US", place=_us("US-WA", "98101"), phone="+15005550005",
    email="eve@example.com", days=11),
    Person(id="B-1016", name="Bea Quinn", language="en-AU", place={"country": "AU", "postal_code": "2000"},
    phone="+61491570156", email="bea@example.com", days=20, currency="AUD"),
)  # fmt: skip
PLANS = (
    ("overdue-reminder", "collection", ["sms", "email"], "cascade"),
    ("overdue-reminder", "collection", ["sms", "email", "voice"], "all"),
    ("payment-plan-offer", "offer", ["email", "sms"], "cascade"),
    ("hardship-offer", "hardship", ["email"], "all"),
)
