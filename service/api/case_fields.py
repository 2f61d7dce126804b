"""What the fields of a case mean. The engine's own documents say so in prose; the OpenAPI document says it
field by field."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_EVENT = {
    "type": "What happened, such as `contact`, `opt_out` or `payment`.",
    "at": "When it happened, with an offset.",
    "tz": "Informative: the zone that `at` was written in.",
    "channel": "On which channel, or `any`.",
    "direction": "Of a contact: `out` to the borrower, `in` from the borrower.",
    "outcome": "What came of a contact, such as `conversation` or `rang_no_answer`.",
    "to": "Of a contact: who was reached; of agreed hours: until when (HH:MM).",
    "from": "Of agreed hours: from when (HH:MM, local).",
    "from_": "Of agreed hours: from when (HH:MM, local).",
    "debt_ids": "The debts that it is about; none means all of the borrower's.",
    "discussed": "Of a conversation: the debts that were in fact spoken of.",
    "account_id": "The account that it is about; what lifts or permits does so for this account alone.",
    "creditor": "Whose matter it is.",
    "category": "Of a contact: the category of its notice.",
    "content_class": "Of a contact: what its words amount to in law.",
    "address": "The telephone number or mailbox, or any name that stands for it.",
    "address_kind": "What kind of address it is, such as `mobile` or `work_email`.",
    "wrong_party": "The person reached was not the borrower.",
    "requested_by_consumer": "Of the borrower's message: it asks to be called back.",
    "in_response_to": "The `ref` of the borrower's own message or call that it answers.",
    "ref": "A name for it that an answer may refer to.",
    "event_id": "A name that makes a repeat harmless.",
    "corrects": "The `event_id` of the event in whose place this one stands.",
    "borrower_id": "The upstream system's own id of the borrower.",
    "scope": "How far a wish reaches: `address` or the whole `medium`.",
    "topic": "What it is limited to; what lifts or permits one topic does nothing for another.",
    "via": "How it was learned, such as `letter`.",
    "words": "The borrower's own words; what they mean is read from them.",
    "text": "Words that are kept and not read.",
    "source": "Where an address or a fact comes from.",
    "given_to": "Of a consent: to whom it was given.",
    "only_dates": "Of a direct consent: the only dates on which it holds; other permissions hold on none.",
    "inconvenient": "Of a designation: the times that are inconvenient.",
    "until": "The last day on which it holds.",
    "result": "Of a look at the reassigned numbers database.",
    "mailed": "Of a letter: the day on which it was mailed.",
    "expires_at": "From when on it holds no more.",
    "note": "Informative.",
}

CASE_FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "EventBody": _EVENT,
        "EventDocument": _EVENT,
        "InconvenientBody": {
            "days": "Which days of the week; without them every day.",
            "from_": "From when on (HH:MM, local); without it from midnight.",
            "to": "Until when (HH:MM, local); without it until midnight.",
        },
        "InconvenientDocument": {
            "days": "Which days of the week; without them every day.",
            "from_": "From when on (HH:MM, local); without it from midnight.",
            "to": "Until when (HH:MM, local); without it until midnight.",
        },
        "BorrowerDocument": {
            "id": "A name for the borrower.",
            "address": "Informative: where the borrower lives.",
            "zones_by_source": (
                "Candidate time zones (tz database) by what says so: `stated`, `address`, `phone`."
            ),
            "phone_area_code": "The area code of the telephone, where a rule looks at it.",
            "debt_groups": "Debts that count as one, such as those of one account.",
            "days_past_due": "Days since the oldest debt fell due; negative before.",
            "jurisdiction": "Where the borrower is (ISO 3166).",
        },
        "ProposedDocument": {
            "at": "The instant that the decision is about, with an offset.",
            "tz": "Informative: the zone that `at` was written in.",
            "channel": "How the person would be reached, as law sees it.",
            "to": "Who would be reached.",
            "sender_role": "What the sender is to the debt.",
            "debt_ids": "The debts that the message is about; none means all.",
            "content_class": "What its words amount to in law.",
            "category": "The category of its notice.",
            "creditor": "Whose debt it is about.",
            "account_id": "The account that it is about.",
            "address": "The telephone number or mailbox, or any name that stands for it.",
            "address_kind": "What kind of address it is, such as `mobile` or `work_email`.",
            "in_response_to": "The `ref` of the borrower's own message or call that it answers.",
            "topic": "What it is about, where a wish is limited to a topic.",
            "tier": "The tier of care that it belongs to.",
            "template": "By which template it is worded.",
            "optout_notice": "Its words say how to opt out.",
            "elements": "What its words hold, such as `contact_phone`.",
            "contains_marketing": "It advertises something.",
            "publicly_viewable": "Others could see it.",
            "requested_callback": "The borrower asked for this call.",
            "required_by_law": "The law requires it to be told.",
            "third_party_requested": "Somebody else than the borrower asked for it.",
            "check_text_safe_harbor": "Judge whether a text meets the safe harbor, too.",
            "time_consent": "The borrower agreed to this very time.",
            "occasion_bar": "An occasion that bars contact, such as a funeral.",
        },
        "QuestionDocument": {
            "policies": "Names of policies, or whole documents.",
            "borrower": "Of whom.",
            "debt_ids": "The borrower's debts.",
            "history": "What happened before, in any order.",
            "proposed": "The message to judge.",
            "holidays": "Dates that count as public holidays.",
        },
    }
)
"""By model and field, one sentence."""
