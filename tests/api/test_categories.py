"""A category is a promise about what a notice is: a closed list, templates that name theirs, and debts that
do not contradict themselves."""

from __future__ import annotations

from typing import Any

import pytest

PAIRS = {
    "overdue-reminder": {"collection"},
    "upcoming-payment": {"reminder"},
    "payment-plan-offer": {"collection", "offer"},
    "hardship-offer": {"collection", "offer", "hardship"},
    "payment-confirmation": {"payment_confirmation"},
}
CATEGORIES = [
    "collection", "reminder", "offer", "hardship", "payment_confirmation", "required_notice", "service",
    "fraud_alert",
]  # fmt: skip


async def pointers(api: Any, body: dict[str, Any], path: str = "/v1/notices") -> list[str]:
    """Where a notice is refused; empty where it is taken."""
    answer = await api.client.post(path, json=body)
    assert answer.status_code in {200, 202, 422}, answer.text
    return [] if answer.is_success else [one["pointer"] for one in answer.json()["errors"]]


def about(notice: dict[str, Any], **debt: Any) -> dict[str, Any]:
    """The notice about such a debt."""
    return {**notice, "debt": {**notice["debt"], **debt}}


@pytest.mark.parametrize("template", PAIRS)
@pytest.mark.parametrize("path", ["/v1/notices", "/v1/notices/preview"])
async def test_each_shipped_template_goes_under_its_own_categories_alone(
    api: Any, notice: dict[str, Any], template: str, path: str
) -> None:
    """Whoever silenced collections by asking for help does not get one as an answer, nor as a
    confirmation."""
    refused = {
        category
        for category in CATEGORIES
        if await pointers(api, {**notice, "template": template, "category": category}, path)
    }
    assert set(CATEGORIES) - PAIRS[template] == refused
    wrong = min(refused)
    assert ["/template"] == await pointers(api, {**notice, "template": template, "category": wrong}, path)


@pytest.mark.parametrize(
    "category",
    [
        "colection",
        "Collection",
        "marketing",
        "legal",
        "collections",
        "optout_confirmation",
        "optout-confirmation",
    ],
)
async def test_a_category_that_is_none_is_refused(api: Any, notice: dict[str, Any], category: str) -> None:
    """A slip of the pen is not taken for the strictest."""
    assert ["/category"] == await pointers(api, {**notice, "category": category})


async def test_the_list_says_which_templates_go_under_what(api: Any, notice: dict[str, Any]) -> None:
    """And a template that ops stored stands in it; a hyphen is an underscore."""
    items = {one["name"]: one for one in (await api.client.get("/v1/categories")).json()["items"]}
    assert set(CATEGORIES) == set(items)
    assert ["hardship-offer", "overdue-reminder", "payment-plan-offer"] == items["collection"]["templates"]
    paid = {**notice, "category": "payment-confirmation", "template": "payment-confirmation"}
    assert [] == await pointers(api, paid)


@pytest.mark.parametrize(
    "category", ["payment_confirmation", "service", "fraud_alert", "hardship", "required_notice"]
)
@pytest.mark.parametrize("fact", ["amount_due", "late_fees", "days_past_due"])
async def test_a_demand_cannot_be_stored_under_a_lenient_category(api: Any, category: str, fact: str) -> None:
    """By what it prints, whatever it says that it is."""
    text = f"{{{{ creditor_name }}}}: {{{{ {fact} }}}}. {{{{ contact }}}}. Reply STOP to end texts."
    document = {"name": "sly", "categories": [category], "languages": {"en": {"sms": text}}}
    for content in ({}, {"content": "notice"}, {"content": "offer"}):
        answer = await api.client.put("/v1/templates/sly", json={**document, **content})
        assert (422, ["/languages/en/sms"]) == (
            answer.status_code,
            [one["pointer"] for one in answer.json()["errors"]],
        )
    answer = await api.client.put("/v1/templates/sly", json={**document, "content": "demand"})
    assert ["/categories"] == [one["pointer"] for one in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("debt", "at"),
    [
        ({"due_on": "2027-01-01", "days_past_due": 90}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-11-20", "days_past_due": 22}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-12-20", "days_past_due": 2}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-01-01", "days_past_due": 5}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2025-11-24", "days_past_due": -3}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-11-01", "days_past_due": -3}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-10-20", "days_past_due": 0}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-11-01", "days_past_due": 0}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"due_on": "2026-11-22", "days_past_due": 0}, ["/debt/due_on", "/debt/days_past_due"]),
        ({"late_fees": "431.26"}, ["/debt/late_fees", "/debt/amount_due"]),
        (
            {"amount_due": "0.00", "late_fees": "15.00"},
            ["/debt/late_fees", "/debt/amount_due", "/debt/amount_due", "/category"],
        ),
        ({"amount_due": "0", "late_fees": "0"}, ["/debt/amount_due", "/category"]),
    ],
)
@pytest.mark.parametrize("path", ["/v1/notices", "/v1/notices/preview"])
async def test_a_debt_that_contradicts_itself_is_told_to_nobody(
    api: Any, notice: dict[str, Any], debt: dict[str, Any], at: list[str], path: str
) -> None:
    """Both sides of the contradiction are named. It is noon of 24 November 2026."""
    assert at == await pointers(api, about(notice, **debt), path)


@pytest.mark.parametrize(
    ("due_on", "days"),
    [
        ("2026-11-01", 23), ("2026-11-01", 22), ("2026-11-01", 24), ("2026-11-23", 1), ("2026-11-24", 0),
        ("2026-11-24", 1),
        ("2026-12-24", -30), ("2026-12-24", 0), ("2026-11-25", 0), ("2026-11-25", -2), ("2026-11-01", 1),
        ("2026-08-01", 100),
    ],
)  # fmt: skip
async def test_days_that_a_lenders_books_may_say_are_taken(
    api: Any, notice: dict[str, Any], due_on: str, days: int
) -> None:
    """A day begins elsewhere earlier, books are closed once a month, and many count nothing before the due
    date."""
    assert [] == await pointers(api, about(notice, due_on=due_on, days_past_due=days))


@pytest.mark.parametrize(
    "name",
    [
        "PAY NOW OR BE ARRESTED http://pay.example", "Ana http://pay.example", "www.pay.example",
        "Ana example.com", "pay.example/now",
        "Call 202 555 0100", "+12025550100", "ana@example.com", "you go to jail", "la policía irá a su casa",
        "Police", "警察 李",
        "the po\u200blice are coming", "ＡＲＲＥＳＴ him now",
        "PAY NOW", "Ana Ruiz FINAL NOTICE", "we will sue you",
        "Legal action against Ana", "Last warning before court",
        "Pague hoy Ana", "李 最后通知",
        "evil.рф", "evil.中国", "evil。com", "pay at evil｡com/x", "1.2.3.4/pay", "[2001:db8::1]/pay",
        "evil.xn--p1ai", "lender.help",
        "Lawsuit pending against you", "Wir werden Sie verklagen", "Nous allons vous poursuivre",
        "Vous serez arrêté", "Será preso", "Вас арестуют", "अदालत में मुकदमा होगा", "Sizi mahkemeye vereceğiz",
        "당신을 고소할 것입니다", "あなたを訴訟します", "สามารถฟ้องร้องคุณได้", "Grozi panu komornik",
        "пay now or be аrrested", "Αna Ruiz", "A.R.R.E.S.T", "4RREST", "j-a-i-l for you",
    ],
)  # fmt: skip
async def test_a_name_is_looked_at_as_a_template_is(api: Any, notice: dict[str, Any], name: str) -> None:
    """In a notice, in a profile, in a creditor's profile and on a specimen."""
    assert ["/borrower/name"] == await pointers(
        api, {**notice, "borrower": {**notice["borrower"], "name": name}}
    )
    profile = {"name": name, "addresses": {"sms": "+12025550123"}}
    assert 422 == (await api.client.put("/v1/borrowers/B-7", json=profile)).status_code
    creditor = {"name": name, "phone": "+12025550100"}
    assert 422 == (await api.client.put("/v1/creditors/some-bank", json=creditor)).status_code
    specimen = {"channel": "sms", "language": "en", "borrower_name": name}
    assert 422 == (await api.client.post("/v1/templates/overdue-reminder/preview", json=specimen)).status_code


@pytest.mark.parametrize(
    "name",
    [
        "Ana Ruiz",
        "J.R.R. Tolkien",
        "O’Neil Jr.",
        "Jean-Luc Prévôt",
        "Anders Arrestad",
        "Nguyễn Văn A.",
        "李小龙",
        "McDonald, John",
        "St. John",
        "Zoë 3rd",
        "Sue You",
        "Sue Young",
        "Margaret Court",
        "Will Sueiro",
        "Dr. Will Sue",
        "Ma.de Jesus Santos",
        "И.Иванов",
        "Иван Арестов",
        "Απόστολος Σύλλας",
        "José María Preso",
        "J. P. M. Chase",
        "4th Street Lending",
        "Li You",
        "Jean Poursuivi",
        "Paynow Moyo",
        "May Noticewala",
        "{{ borrower_name }}",
        "<b>Ana</b>",
        "{first name}",
    ],
)
async def test_names_of_people_are_taken(api: Any, notice: dict[str, Any], name: str) -> None:
    """Dots, commas, hyphens, and syllables that mean harm elsewhere."""
    assert [] == await pointers(api, {**notice, "borrower": {**notice["borrower"], "name": name}})


async def test_beside_a_real_adapter_nobody_is_introduced_by_an_id(api: Any, notice: dict[str, Any]) -> None:
    """In a pure sandbox any name is taken; beside a provider the creditor needs a profile, alone and in a
    batch."""
    body = about(notice, creditor="unknown-bank")
    assert [] == await pointers(api, body)
    api.runtime.in_force.any_creditor = False
    for path in ("/v1/notices", "/v1/notices/preview"):
        assert ["/debt/creditor"] == await pointers(api, body, path)
    batch = await api.client.post("/v1/notices/batch", json={"notices": [body]})
    assert 422 == batch.json()["results"][0]["problem"]["status"]
    profile = {"name": "Unknown Bank", "phone": "+12025550100"}
    assert 201 == (await api.client.put("/v1/creditors/unknown-bank", json=profile)).status_code
    assert [] == await pointers(api, body)
