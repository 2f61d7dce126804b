"""What fields of requests and parameters mean where nothing more is to be said than their name does, in one
place."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

BY_NAME: Mapping[str, str] = MappingProxyType(
    {
        "account_id": "The upstream system's own id of the account.",
        "accepted_from": "Notices accepted from then on.",
        "actor": "Who did it, such as `key:…` or `system`.",
        "address": "Telephone number (E.164) or mailbox.",
        "addresses": "Where the borrower can be reached: at most one address a channel.",
        "amount_due": "Decimal string in the debt's currency, with fees.",
        "because": "Why, in one line; it stands in the log and must not name the person.",
        "borrower": "The borrower, by the upstream system's own id.",
        "borrower_id": "The upstream system's own id of the borrower.",
        "borrower_name": "The name that the words are addressed to.",
        "category": "What kind of notice, one of `GET /v1/categories`.",
        "channel": "On which channel.",
        "channels": "On which channels, in order of preference.",
        "consents": (
            "Consents that were given at onboarding; they count when the borrower is stored for the "
            "first time."
        ),
        "country": "Of the borrower's address (ISO 3166), such as `US`.",
        "created_at": "When it was made.",
        "creditor": "Whose debt it is, by the creditor's name.",
        "currency": "Of every amount (ISO 4217), such as `USD`.",
        "cursor": "Where the page begins: the `next_cursor` of the page before.",
        "debt": "About what.",
        "delivery": "The id of a delivery, such as `ntc_….sms`.",
        "delivery_id": "The delivery's id, such as `ntc_….sms`.",
        "description": "For people.",
        "due_on": "The day on which it fell, or falls, due.",
        "email": "A mailbox.",
        "enabled": "Events are sent to it.",
        "event_ids": "Ids of events.",
        "expires_at": "From when on it is of no use.",
        "fan_out": (
            "`all`: every channel on its own. `cascade`: the next one only where the one before failed "
            "or went unanswered."
        ),
        "format": "The form of the file.",
        "id": "The id.",
        "ids": "Ids of notices.",
        "index": "The entry's place in the log, from 0.",
        "items": "One page.",
        "jurisdiction": "Where the borrower is stated to be (ISO 3166), such as `US-MA`.",
        "kind": (
            "What kind of address it is; unknown counts as a mobile where a machine speaks, and as work "
            "for nobody."
        ),
        "language": "In which language (BCP 47), such as `en-US`.",
        "late_fees": "Decimal string: the part of the amount that is fees.",
        "limit": "How many at the most.",
        "metadata": "The upstream system's own pairs of strings.",
        "name": "The name.",
        "next_cursor": "Asks for the next page; null at the end.",
        "not_before": "Nothing goes before.",
        "note": "Whatever a person should know; kept encrypted.",
        "notice": "The id of a notice, such as `ntc_…`.",
        "notice_id": "The notice's id, such as `ntc_…`.",
        "notices": "The notices, each judged alone.",
        "phone": "A telephone number (E.164).",
        "policy": "The name of a policy.",
        "postal_code": "Of the borrower's address.",
        "principal": "Decimal string: what was lent.",
        "reason": "Why, in one line; it stands in the log.",
        "reference": "The upstream system's own name for a notice.",
        "role": "What the key may do.",
        "sender_role": "What the sender is to the debt.",
        "size": "How many entries the log has.",
        "source": "Where the address comes from.",
        "status": "`open`, or `done` where nothing further is owed.",
        "template": "The name of a template.",
        "time_zone": "Where the borrower is known to be (tz database), such as `America/New_York`.",
        "timestamp": "When it happened.",
        "types": "Which types of events, such as `delivery.*`.",
        "updated_at": "When it changed last.",
        "url": "An https URL.",
        "verdict": "What was decided.",
        "voice": "For calls.",
    }
)
"""By the name that a field has in JSON."""

FIELDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ActivateBody": {"from_": "From when on it binds; without it from now on."},
        "AddressesBody": {
            "sms": "For texts: a number (E.164), alone or with what is known about it.",
            "voice": "For calls: a number (E.164), alone or with what is known about it.",
            "email": "A mailbox, alone or with what is known about it.",
            "whatsapp": "For WhatsApp: a number (E.164), alone or with what is known about it.",
        },
        "BatchBody": {"notices": "Up to 1,000."},
        "CancelBody": {"reference": "Every notice with this reference."},
        "ConsentBody": {
            "channel": "To which contacts it is a consent.",
            "at": "When it was given; without it when the borrower was stored.",
            "given_to": "To whom it was given.",
        },
        "ConsistencyQuery": {"from_": "The smaller size.", "to": "The larger size."},
        "CosignatureBody": {"size": "Of the checkpoint that is cosigned."},
        "CreditorBody": {
            "name": "The name that borrowers know.",
            "senders": "The accounts that its messages leave by; without it the deployment's own.",
        },
        "SendersBody": {
            "sms": "Of texts.",
            "email": "Of e-mails.",
            "voice": "Of calls.",
            "whatsapp": "Of WhatsApp messages.",
        },
        "DebtBody": {"id": "The upstream system's own id of the debt."},
        "EndpointBody": {
            "url": "Where the requests go; https unless its network is allowed by a setting.",
            "creditor": "Only this creditor's events; null for all.",
        },
        "EndpointChange": {
            "url": "Where the requests go.",
            "creditor": "Only this creditor's events; null for all.",
        },
        "ExportQuery": {"first": "The index of the first entry."},
        "KeyBody": {"expires_at": "From when on it is of no use; null for never."},
        "LogQuery": {"from_": "Entries from then on.", "to": "Entries before then."},
        "NoticeBody": {"borrower": "To whom.", "template": "By which template it is worded."},
        "NoticeBorrower": {
            "id": "The upstream system's own id.",
            "name": "As messages print it; without links, numbers or threats.",
        },
        "BorrowerBody": {"name": "As messages print it; without links, numbers or threats."},
        "OutcomesQuery": {"from_": "Contacts from then on; without it 28 days before the end."},
        "PhoneBody": {"address": "The number (E.164)."},
        "MailboxBody": {"address": "The mailbox."},
        "ReleaseBody": {
            "deliveries": "Ids of deliveries that are held.",
            "how": "What a person decided about them.",
        },
        "ReplayBody": {"from_": "Events from then on.", "to": "Events before then; without it up to now."},
        "Replayed": {"queued": "Events that are on their way."},
        "ReplyBody": {"from_": "The borrower's telephone number.", "words": "What the borrower writes."},
        "SimulateBody": {
            "from_": "Decisions from then on.",
            "to": "Decisions before then.",
            "limit": "How many of the deliveries that change to list.",
        },
        "SpecimenBody": {
            "channel": "For which channel.",
            "first_communication": "Word it as the first message about the debt.",
            "debt": "The debt to show; without it one that is made up.",
        },
        "SuppressionBody": {"reason": "What was said or found."},
        "WebhookAttempt": {
            "type": "The event's type.",
            "at": "When the request was made.",
            "delivered": "The endpoint took it (2xx).",
            "status": "The HTTP status of its answer.",
            "milliseconds": "From the request to the end of the answer.",
        },
        "WebhookData": {"channel": "The delivery's channel."},
        "WebhookEndpoint": {
            "id": "Such as `whk_…`.",
            "url": "Where the requests go.",
            "creditor": "Only this creditor's events; null for all.",
            "disabled_reason": (
                "One sentence why it is disabled, such as that the receiver answered 410 Gone."
            ),
            "failing_since": "Since when nothing was taken; null while it works.",
            "previous_secret_until": "Until when requests are signed by the secret before, too.",
        },
        "NewWebhookEndpoint": {"secret": "`whsec_…`, shown this once."},
        "WebhookEvent": {"type": "What happened.", "data": "What it is about."},
    }
)
"""By model and field, where it means more than its name says."""

PATH: Mapping[str, str] = MappingProxyType(
    {
        "id": "The id: of a borrower the upstream system's own, of anything else one of ours.",
        "name": "The name.",
        "creditor": "The creditor's name.",
        "version": "The number of the version.",
        "token": "Signed by us; it stands in a URL that we made.",
        "provider": "Which provider calls.",
        "kind": "What the call is about, such as `sms` or `voice`.",
        "step": "Which turn of the call.",
    }
)
"""By the name of a part of a path."""
