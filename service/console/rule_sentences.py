"""The sentences and words that rules, simulations and learned choices say of themselves in English, with a
place for what differs, so that pages can say them in the reader's language.

The name of a place says what stands there: `number`, `span` (a number with its unit), `list` (words joined by
commas and a last `or` or `and`), `parts` and `grounds` (clauses), `window`, `hours`, `what` (what is
counted); anything else is taken as it stands. A further place of a kind has a figure behind its name."""

from __future__ import annotations

RULES = (
    "A message that others can see is %(done)s.",
    "A message that carries marketing is %(done)s.",
    "A message without an opt-out line is %(done)s.",
    "On an occasion such as a bereavement a message is %(done)s.",
    "A message is always %(done)s.",
    "Until %(list)s a message is %(done)s.",
    "After %(list)s a message is %(done)s, %(reach)s.",
    "After %(list)s a message is %(done)s for %(span)s, %(reach)s.",
    "It ends with %(list)s.",
    "It ends before with %(list)s.",
    "Messages with the content %(list)s pass.",
    "Messages with the category %(list)s pass.",
    "Messages with the content %(list)s or the category %(list2)s pass.",
    "One confirmation may follow within %(span)s.",
    "One confirmation of an opt-out may follow within %(span)s.",
    "It stands back where the borrower wrote from that kind of address.",
    "A message is permitted %(span)s after the date of the first event “%(event)s”.",
    "A message is permitted %(span)s after the date of the latest event “%(event)s”.",
    "No business days are %(list)s and the holidays of the calendar %(code)s.",
    "No business days are the holidays of the calendar %(code)s.",
    "Holidays are also %(list)s.",
    "Holidays are those of the calendar %(code)s.",
    "Holidays are those of the calendar %(code)s, on the days on which they fall.",
    "Hours agreed with the borrower take their place.",
    "Where there is none it is %(done)s.",
    "Where there is none but the days past due are known, these are counted.",
    "No %(what)s are permitted %(window)s.",
    "At most %(counted)s %(window)s.",
    "At most %(counted)s that nobody answered %(window)s, %(scope)s.",
    "A call that somebody answered clears the count.",
    "It begins with %(list)s.",
    "It begins anew with %(list)s.",
    "Once one channel was used in a calendar week (Monday to Sunday), no other one is until the next Monday.",
    "Contact is permitted only in these hours of the borrower's local time: %(hours)s.",
    "A message needs the borrower's %(list)s to its channel, given and not taken back.",
    (
        "A message that asks for the safe harbour needs the borrower's %(list)s to its channel, given"
        " and not taken back."
    ),
    "It is good for %(span)s; a message from the borrower or a clean check of the number renews it.",
    "It is good for %(span)s.",
    "An opt-out that names a topic is about that topic only.",
    "An opt-out that names a topic is about that topic only until %(date)s.",
    "It is asked for only where the borrower chose channels at all.",
    "A consent to any channel is not enough: it must name this one.",
    "A consent that was given to the creditor does not do.",
    "A report that the number was reassigned ends every earlier consent.",
    "What ends texts ends automatic calls as well, and the other way round.",
    "A message must carry %(list)s.",
    "A message must not carry %(list)s.",
    "After %(trigger)s there is no %(what)s for %(span)s, %(scope)s.",
    "After %(trigger)s by %(list)s there is no %(what)s for %(span)s, %(scope)s.",
    "After %(trigger)s there is no %(what)s for %(span)s, that day being the first, %(scope)s.",
    "After %(trigger)s by %(list)s there is no %(what)s for %(span)s, that day being the first, %(scope)s.",
    "Direct consent to be called lifts it.",
    "No message goes at a time that the borrower named as inconvenient.",
    (
        "After %(span)s within %(span2)s the next waits %(span3)s; each further one makes that "
        "%(number)s times as long, up to %(span4)s."
    ),
    "After the last of the %(what)s the next is permitted %(span)s after its date.",
    "One %(what)s is permitted, once.",
    "One %(what)s is permitted, once; %(list)s permits another one.",
    "A message may be addressed only to %(list)s.",
    "With the content %(list)s it may also go to %(list2)s.",
    "With the content %(list)s it may also go to %(list2)s, after %(list3)s.",
    "With the content %(list)s it may also go to %(list2)s, and no more after %(list3)s.",
    "With the content %(list)s it may also go to %(list2)s, after %(list3)s, and no more after %(list4)s.",
    "Without %(list)s before it, a message is %(done)s.",
    "Without %(list)s about the same debt before it, a message is %(done)s.",
    "It must lie %(span)s before the message at least.",
    "It is undone by %(list)s.",
    "After %(list)s nothing is sent until the day that it names; for %(span)s where it names none.",
    (
        "After %(list)s nothing is sent until the day that it names, for the debts that it names; for"
        " %(span)s where it names none."
    ),
    (
        "After %(list)s nothing is sent until the day that it names, for the creditor that it names; "
        "for %(span)s where it names none."
    ),
    "In the tier “%(name)s” (%(band)s) messages go by %(list)s only.",
    "Its templates are %(list)s.",
    "Its tone: %(tone)s.",
    "It warns of “%(factor)s” where %(span)s or more lie within %(list)s before.",
    "It looks only at messages %(parts)s.",
    "It stands back %(grounds)s.",
    "It holds from %(date)s on.",
    "It holds until the end of the day before %(date)s.",
    "It holds from %(date)s until the end of the day before %(date2)s.",
    "Every candidate time zone of the borrower must permit the instant.",
    "The time zones of the telephone number decide, where there are any.",
    "The time zones of the address decide, where there are any.",
    "The time zones of a landline's number decide, where there are any.",
    "The time in %(zone)s decides, wherever the borrower is.",
    "Every attempt counts, %(parts)s.",
    "Attempts that connected count, %(parts)s.",
    "Attempts on which a message could have been left count, %(parts)s.",
    "Only contacts that reached somebody count, %(parts)s.",
    "Only contacts in which somebody spoke count, %(parts)s.",
    "Only what was delivered counts, %(parts)s.",
    "Every attempt counts, %(parts)s; %(list)s are left out.",
    "Attempts that connected count, %(parts)s; %(list)s are left out.",
    "Attempts on which a message could have been left count, %(parts)s; %(list)s are left out.",
    "Only contacts that reached somebody count, %(parts)s; %(list)s are left out.",
    "Only contacts in which somebody spoke count, %(parts)s; %(list)s are left out.",
    "Only what was delivered counts, %(parts)s; %(list)s are left out.",
    "it begins to hold",
    "it holds no longer",
    "an opt-out that names a topic begins to be about all of them",
    "%(by)s takes the place of %(citation)s",
)
SIMULATIONS = (
    "No decision of this time can be taken again.",
    "This version would have bound none of them.",
    "Nothing would have changed: the one decision comes out the same.",
    "Nothing would have changed: all %(number)s decisions come out the same.",
    "this %(number)s delivery would have waited, %(length)s",
    "these %(number)s deliveries would have waited, on average %(length)s",
    "this %(number)s delivery would have waited longer, by %(length)s",
    "these %(number)s deliveries would have waited longer, by %(length)s on average",
    "this %(number)s delivery would have waited less, by %(length)s",
    "these %(number)s deliveries would have waited less, by %(length)s on average",
    "this %(number)s delivery would have been stopped",
    "these %(number)s deliveries would have been stopped",
    "this %(number)s delivery would have been held for a person",
    "these %(number)s deliveries would have been held for a person",
    "this %(number)s delivery would have gone that was stopped",
    "these %(number)s deliveries would have gone that were stopped",
    "none would have gone that was stopped",
    "Not judged: %(reasons)s.",
    "%(number)s because the facts were erased with the borrower",
    "%(number)s because the facts cannot be read",
    "%(number)s because a policy of then is not at hand",
)
LEARNING = (
    "One complaint outweighs %(number)s payments, one opt-out %(number2)s, one hang-up %(number3)s.",
    (
        "At most %(number)s texts for one more payment, %(number2)s mails for one more payment, "
        "%(number3)s calls for one more payment."
    ),
    (
        "Nobody is left without a word for more than %(number)s days, and never without the offer of "
        "help (%(names)s)."
    ),
    (
        "Nobody is left without a word for more than %(number)s days, and never without the offer of "
        "help (none is named)."
    ),
    "%(number)s of the borrowers keep the plain order for good.",
    (
        "It stops where opt-outs and complaints pass %(number)s in 1,000 rounds, where they are shown"
        " to be more than in the hold-out, or payments to be less than %(number2)s of its."
    ),
    "people in the same stage are not helped by a message now; nothing is sent this time",
    "no message went unanswered in 28 days; nothing is sent this time",
    "one message went unanswered in 28 days; nothing is sent this time",
    "two messages went unanswered in 28 days; nothing is sent this time",
    "three or more messages went unanswered in 28 days; nothing is sent this time",
    (
        "a message to this borrower that this store does not know left after the backup: it may have been "
        "this one"
    ),
    "it was due before the store was restored, and its provider cannot say whether it went",
)
DOCUMENTS = (
    "line %(number)s: %(expected)s; got %(got)s",
    "line %(number)s: %(expected)s",
    "%(expected)s; got %(got)s",
    "%(pointer)s: %(expected)s",
    "expected %(choices)s",
    "this field is not known here",
    "expected one of %(words)s",
    "expected one of: %(words)s",
    "expected a kind of rule: %(words)s",
    "expected text of the form %(words)s",
    "expected a value; this field is required",
    "expected text; numbers, dates and the like stand in quotation marks",
    "expected text in UTF-8",
    "expected at least %(number)s character of text",
    "expected at most %(number)s characters",
    "expected a whole number",
    "expected a smaller number",
    "expected true or false",
    "expected %(number)s or more",
    "expected %(number)s or less",
    "expected a list",
    "expected at least %(number)s of these",
    "expected at most %(number)s of these",
    "expected an object",
    "expected a kind of rule in the field `kind`",
    "expected a date like 2026-12-01",
    "expected a time of day, like 20:00",
    "expected an instant with an offset, like 2026-04-01T18:00:00-04:00",
    "expected a name of at most 64 lower-case letters, digits, dots, hyphens and underscores",
    "expected a version of at most 32 letters, digits, dots and hyphens",
    "expected all, phone, address, landline, or fixed: and a zone",
    "expected a calendar like NL, CA-QC or CA:government",
)
REASONS = (
    "a notice was stored; it comes before everything else about the notice",
    "nothing is owed on a notice any more; a later word of a provider comes after it",
    "a delivery is %(state)s now",
    "an event about a borrower was recorded, whoever told of it",
    "an address was suppressed",
    "a suppression was lifted",
    "a message came from an address that no borrower has",
    "a policy's version was put in force, from an instant on",
    "a policy was retired",
    "the log was sequenced up to a size",
    "the line was busy every time",
    "the call did not get through every time",
    "the provider sent nothing: %(name)s every time",
    "its worker is gone; nothing was sent",
    "its worker ended while it was handed over: it may have gone",
    "it was handed to %(name)s, which serves this channel no longer",
    "the borrower was erased",
    "no answer from the provider within %(number)s s",
    "no answer within %(number)s s",
    "another attempt was found to be that message meanwhile",
    "the provider accepted it and never said what became of it",
    "twice is better than never",
    "it cannot be rendered",
    "it cannot be decided: %(name)s",
    "the adapter raised %(name)s",
    "the worker ended while it was handed over",
    "the worker was stopped for too long between the mark and the send",
    "its time ended between the mark and the hand-over",
    "the worker is stopping",
    "this number was called %(number)s times within %(number2)s hours",
    "the facts were erased with the borrower",
    "too many requests",
    "cancelled by the upstream system",
    "cancelled before it was sent",
    "expired at %(name)s",
    "expired before it could be sent",
    "the borrower answered on an earlier channel",
    "the borrower has no %(b)s address any more",
    (
        "a payment on this debt was recorded after the notice was accepted: what it says is due may not be "
        "due any more"
    ),
    (
        "a promise to pay on this debt was recorded after the notice was accepted: what it says is due may "
        "not be due any more"
    ),
    "overtaken before it was sent",
    "settled by a person",
    "set aside: the category allows a repeat",
    "the line was busy",
    "the call did not get through",
    "the provider sent nothing: %(name)s",
    "the provider took nothing: %(name)s",
    "the provider %(name)s of %(b)s is away",
    "other workers have all that the provider takes at a time",
    "the phone networks take no more messages to this number within the hour",
    "planned for %(name)s of the borrower's day; every rule is asked again then",
    "waits for an answer on an earlier channel (%(list)s) until it is due",
    "waits for the instant before which the notice must not be sent",
    (
        "a message to this borrower that this store does not know left after the backup: it may have been "
        "this one"
    ),
    "it was due before the store was restored, and its provider cannot say whether it went",
)
CLAUSES = (
    "by %(list)s", "to %(list)s", "from %(list)s", "to addresses that are %(list)s",
    "with the content %(list)s", "with the category %(list)s", "with the creditor %(name)s",
    "with the tier %(name)s", "not to %(list)s", "not to addresses that are %(list)s",
    "not with the content %(list)s", "not of the category %(list)s", "about debts %(band)s",
    "through %(list)s", "also those that the borrower began", "those that the borrower began",
    "over all of the borrower's debts", "for each telephone number or address", "for each person addressed",
    "for each debt", "for each account", "for each creditor",
    "for the one reply to the borrower's own message",
    "for the one reply to the borrower's own message within %(span)s",
    "for a call that the borrower asked for", "where the borrower lawfully consented to this hour",
    "where the law requires the message", "where the third party asked to be contacted again",
    "where the borrower consented to the channel", "where the debt is more than %(span)s past due",
    "for the content %(list)s", "after %(list)s", "for everything about the borrower",
    "for the debts that it names", "for the channel and address that it names",
    "for the address that it names", "for the creditor that it names", "any number of days past due",
    "at most %(span)s past due", "not past due", "at least %(span)s past due",
    "%(number)s to %(span)s past due", "those that the borrower asked for", "replies to the borrower",
    "calls placed with direct prior consent",
)  # fmt: skip
SPANS = (
    "%(number)s day", "%(number)s days", "%(number)s business day", "%(number)s business days",
    "%(number)s hour", "%(number)s hours", "%(number)s minute", "%(number)s minutes", "%(number)s month",
    "%(number)s months", "%(number)s contact", "%(number)s contacts", "%(number)s unanswered contact",
    "%(number)s unanswered contacts", "the same date",
)  # fmt: skip
COUNTED = (
    "one call", "one contact", "one attempt", "one message", "one conversation", "one letter",
    "one reminder", "one consent request", "one effective call", "one electronic message",
    "one calls and text", "one %(what)s", "%(number)s %(what)s",
)  # fmt: skip
WORDS = (
    "stopped", "held for a person", "permitted with a warning", "permitted", "third-party collectors",
    "original creditors", "debt buyers", "a conversation", "a contact that reached somebody", "any contact",
    "a contact that the borrower began", "the first conversation", "the withdrawal of that request",
    "number, given to the creditor,", "nothing", "no channel", "location call", "call", "contact",
    "consent", "a line that says how to opt out", "the creditor's name", "a telephone number to call back",
    "where debt advice is to be had", "marketing", "words that others can see",
    "on days that are not named, never", "concentrated", "cumulative contact", "rapid succession",
    "a list", "an object", "an empty list", "an empty object", "mobile",
    "home landline", "personal", "work phone", "work email", "home mail", "optout confirmation",
    "consent request", "reminder", "location", "locate only", "termination notice", "may invoke remedy",
    "will invoke remedy", "hardship answer", "required notice", "collection", "hardship",
    "payment confirmation", "fraud alert", "offer", "service",
)  # fmt: skip
WAITS = ("%(number)s min", "%(number)s h")
WEBHOOKS = (
    "disabled by a person", "the receiver answered 410 Gone", "nothing arrived within 72 hours",
    "the receiver's name is not known", "the receiver's certificate or TLS does not hold",
    "not connected: %(a)s", "no connection: %(a)s", "the connection ended without an answer (%(code)s)",
    "%(code)s is no address",
    (
        "%(code)s lies in a private or special network that FORBEAR_WEBHOOKS__ALLOW_NETWORKS does "
        "not name"
    ),
    "plain http goes to networks of FORBEAR_WEBHOOKS__ALLOW_NETWORKS alone",
    "expected an https URL with a host, without a user name and without a fragment",
)  # fmt: skip
"""Why an endpoint is refused, was disabled, or did not take a request."""
SENTENCES = (
    *RULES,
    *CLAUSES,
    *SPANS,
    *COUNTED,
    *WORDS,
    *SIMULATIONS,
    *LEARNING,
    *DOCUMENTS,
    *REASONS,
    *WEBHOOKS,
    *WAITS,
)
