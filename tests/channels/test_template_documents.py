"""Templates as documents: refused when they are stored, with the place of every error, where they lack
something or could do something."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from channels.content.checks import missing_elements, threats
from channels.content.context import context_of
from channels.content.render import NotOnChannel, render
from channels.content.shipped import ready_templates, shipped_templates, template_texts
from channels.content.specimens import specimens
from channels.content.template import TemplateInvalid, parse_template
from channels.message import Channel, SmsContent
from tests.channels.specimens import SHIPPED, TEXT, said


def document(**changes: Any) -> dict[str, Any]:
    """A collection template in English that can be stored; a change is made to a channel's text."""
    whole: dict[str, Any] = yaml.safe_load(template_texts()["overdue-reminder"])
    whole["languages"] = {"en": whole["languages"]["en"] | changes}
    return whole


def refused(given_document: Any) -> TemplateInvalid:
    """The refusal of a document."""
    with pytest.raises(TemplateInvalid) as caught:
        parse_template(given_document)
    return caught.value


def test_a_complete_template_is_taken_from_yaml_from_json_and_from_octets():
    """With one digest, whichever way it came."""
    text = yaml.safe_dump(document(), allow_unicode=True)
    assert 1 == len({parse_template(one).digest for one in (document(), text, text.encode())})


ELEMENTS = [
    ("principal", "the amount of the loan"),
    ("due_on", "the due date"),
    ("days_past_due", "the days overdue"),
    ("amount_due", "the amount due with fees"),
    ("late_fees", "the amount due with fees"),
    ("contact", "how to reach the lender and the next steps"),
    ("disclosure", "the debt collector's disclosure"),
]


@pytest.mark.parametrize(("fact", "missing"), ELEMENTS)
@pytest.mark.parametrize("part", ["sms", "email/text", "email/html", "voice"])
def test_a_collection_template_without_an_element_is_refused_when_it_is_stored(fact, missing, part):
    """The refusal names the part and the element."""
    whole = document()
    channels = whole["languages"]["en"]
    holder, key = (channels["email"], part.partition("/")[2]) if "/" in part else (channels, part)
    holder[key] = holder[key].replace(f"{{{{ {fact} }}}}", "")
    error = refused(whole)
    assert [f"/languages/en/{part}"] == [error.pointer for error in error.errors]
    assert missing in error.errors[0].detail


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("sms", "Reply STOP to end texts."),
        ("voice", "press 9"),
        ("text", "{{ unsubscribe_url }}"),
        ("html", "{{ unsubscribe_url }}"),
    ],
)
def test_a_collection_template_without_its_channels_way_out_is_refused(part, line):
    """A way out on another channel does not serve."""
    whole = document()
    channels = whole["languages"]["en"]
    holder = channels if part in channels else channels["email"]
    holder[part] = holder[part].replace(line, "")
    assert "the opt-out line" in str(refused(whole))


def test_no_branch_escapes_the_check():
    """A text that lacks the elements only from the ninetieth day on is refused all the same."""
    sms = document()["languages"]["en"]["sms"]
    for choice in (
        "days_past_due > 90",
        "days_past_due >= 91",
        "days_past_due == 400",
        "days_until_due > 3",
        "not has_fees",
        "disclosure and 90 < days_past_due",
    ):
        error = refused(
            document(sms=f"{{% if {choice} %}}Pay now. Reply STOP.{{% else %}}{sms}{{% endif %}}")
        )
        assert "the amount of the loan" in str(error), choice
    parse_template(
        document(sms=f"{{% if days_past_due > 90 %}}Please talk to us. {sms}{{% else %}}{sms}{{% endif %}}")
    )


@pytest.mark.parametrize(
    "choice",
    [
        "borrower_name == 'Ana Ruiz'",
        "creditor_name",
        "days_past_due ~ '' == '95'",
        "days_past_due > '9'",
        "days_past_due > 90.5",
        "days_past_due|upper == 3",
        "days_past_due > 100001",
    ],
)
def test_a_choice_that_could_not_be_tried_is_refused(choice):
    """No text for one borrower alone, and none that no specimen reaches."""
    assert "a choice may" in str(
        refused(document(sms=f"{{% if {choice} %}}x{{% endif %}}" + document()["languages"]["en"]["sms"]))
    )


def test_too_many_numbers_in_choices_are_refused():
    """Each is tried: their number is bounded."""
    many = "".join(f"{{% if days_past_due > {number} %}}x{{% endif %}}" for number in range(2, 20))
    assert "at most 6 different numbers" in str(refused(document(sms=many)))


@pytest.mark.parametrize(
    "word", ["We will have you arrested", "JAIL", "Embargaremos su casa; embargo", "警察"]
)
def test_a_threat_is_refused_in_every_branch(word):
    """Also in one that is never printed."""
    assert "it threatens" in str(
        refused(document(sms=document()["languages"]["en"]["sms"] + "{% if false %}" + word + "{% endif %}"))
    )


def test_a_threat_that_is_put_together_when_it_is_printed_is_refused():
    """The printed text is looked at, too."""
    assert "it threatens: jail" in str(refused(in_sms("You go to {{ 'ja' ~ 'il' }}")))


def test_ordinary_words_are_no_threat():
    """`Sin embargo` is Spanish for `however`."""
    assert threats("Sin embargo, podemos detener los correos. Please stop by.") is None
    assert "embargo" == threats("Sin embargo, habrá un embargo")


def in_sms(source: Any) -> dict[str, Any]:
    """A service template with this text."""
    return {"name": "t", "category": "service", "languages": {"en": {"sms": source}}}


ESCAPES = [
    "{{ ().__class__ }}", "{{ ''.__class__.__mro__ }}", "{{ borrower_name.__class__ }}",
    "{{ borrower_name['x'] }}", "{{ borrower_name[0:9] }}",
    "{{ self }}", "{{ self._TemplateReference__context }}", "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum }}", "{{ range(9) }}", "{{ borrower_name() }}",
    "{{ borrower_name|attr('x') }}", "{{ borrower_name|map('x') }}", "{{ borrower_name|format(1) }}",
    "{{ 'x' * 999999999 }}", "{{ 9 ** 9 ** 9 }}", "{{ 1 / 0 }}",
    "{{ -due_on }}", "{{ [1] }}", "{{ {1: 2} }}", "{{ secrets }}",
    "{% for x in range(1000000000) %}x{% endfor %}", "{% set x = 1 %}", "{% include 'x' %}",
    "{% import 'x' as y %}", "{% extends 'x' %}", "{% block x %}{% endblock %}",
    "{% macro a() %}{% endmacro %}", "{% call x() %}{% endcall %}",
    "{% filter upper %}x{% endfilter %}", "{% with %}x{% endwith %}",
    "{% autoescape false %}x{% endautoescape %}", "{% if due_on is defined %}x{% endif %}",
    "{% do x %}", "{{ due_on", "{% if %}", "{{ due_on|upper(1, 2) }}", "{{ due_on|default(value='x') }}",
]  # fmt: skip


@pytest.mark.parametrize("source", ESCAPES)
def test_a_template_prints_facts_and_chooses_and_can_do_nothing_else(source):
    """No attribute, no item, no call, no loop, no arithmetic, no block: the refusal names the place."""
    assert ["/languages/en/sms"] == [error.pointer for error in refused(in_sms(source)).errors]


@pytest.mark.parametrize(
    "source",
    [
        "{% if has_fees %}" * 150 + "x" + "{% endif %}" * 150,
        "{{ " + "not " * 3000 + "has_fees }}",
        "{{ " + "1 if has_fees else " * 3000 + "2 }}",
        "{{ " + "(" * 3000 + "1" + ")" * 3000 + " }}",
        "{{ due_on" + "|upper" * 3000 + " }}",
        "{{ " + "due_on ~ (" * 100 + "1" + ")" * 100 + " }}",
    ],
)
def test_deep_nesting_is_refused_and_not_tripped_over(source):
    """Neither Jinja2's recursion nor Python's own limits come through."""
    assert "nested too deeply" in str(refused(in_sms(source)))


@pytest.mark.parametrize("source", ["x\0", "x\ud800", "x\x1b[2J", "", "   ", None, 7, ["x"], {"a": 1}])
def test_what_is_no_text_is_refused(source):
    """No NUL, no half of a character, no other type."""
    assert ["/languages/en/sms"] == [error.pointer for error in refused(in_sms(source)).errors]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": None}, "/name"), ({"name": "a b"}, "/name"), ({"name": "a\n"}, "/name"),
        ({"name": "a" * 65}, "/name"), ({"name": 7}, "/name"),
        ({"category": "spam"}, "/category"), ({"category": ["service"]}, "/category"),
        ({"categories": ["service", "spam"]}, "/categories"), ({"categories": "service"}, "/categories"),
        ({"categories": []}, "/categories"), ({"categories": ["service", "service"]}, "/categories"),
        ({"categories": ["collection", "service"]}, "/categories"),
        ({"categories": ["collection"], "content": "demand", "category": "offer"}, "/category"),
        ({"content": "threat"}, "/content"), ({"content": "demand"}, "/category"),
        ({"title": date(2026, 1, 1)}, "/title"), ({"title": "x" * 201}, "/title"),
        ({"title": "x\0"}, "/title"), ({"extra": 1}, "/extra"), ({"languages": None}, "/languages"),
        ({"languages": {}}, "/languages"), ({"languages": []}, "/languages"),
        ({"languages": {1: {"sms": "x"}, "en": {"sms": "x"}}}, "/languages"),
        ({"languages": {'en"><script>': {"sms": "x"}}}, "/languages"),
        ({"languages": {"en": {}}}, "/languages/en"), ({"languages": {"en": "x"}}, "/languages/en"),
        ({"languages": {"en": {"fax": "x"}}}, "/languages/en/fax"),
        ({"languages": {"en": {"email": "x"}}}, "/languages/en/email"),
        ({"languages": {"en": {"email": {"subject": "x"}}}}, "/languages/en/email"),
        ({"languages": {"en": {"email": {"subject": "{{ x }}", "text": "x", "html": "x"}}}},
        "/languages/en/email/subject"),
    ],
)  # fmt: skip
def test_the_place_of_every_error_is_named(change, pointer):
    """As a JSON pointer."""
    assert pointer in [error.pointer for error in refused(in_sms("x") | change).errors]


@pytest.mark.parametrize(
    "text",
    ["[", "", "- 1", "1", "\0", "[" * 99_000, "- " * 49_000, "{a: " * 20_000, "? " * 40_000, "a: &x 1\nb: *x",
    "x" * 100_001, "a: " + "9" * 5000, "name: !!python/object:os.system x", "? [a]\n: b", b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_document_is_refused(text):
    """No YAML, no mapping, too long, with anchors (which can be made to swell), with Python's own tags."""
    assert "" == refused(text).errors[0].pointer


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=8),
        lambda inner: st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=8,
    )
)
def test_no_document_makes_it_fall_over(value):
    """It is refused in so many words, or it is a template."""
    whole = {"name": "t", "category": "service", "languages": value}
    try:
        parse_template(whole)
    except TemplateInvalid as error:
        assert error.errors


@given(st.text(alphabet="{}%# |.()[]~'\"<>=!abnotifelse 0129_-", max_size=40))
def test_no_text_makes_it_fall_over(source):
    """Whatever Jinja2 makes of it."""
    try:
        template = parse_template(in_sms("x" + source))
    except TemplateInvalid:
        return
    assert isinstance(render(template, TEXT, Channel.SMS, "en"), SmsContent)


def test_a_channel_that_a_template_does_not_have_is_no_channel_of_it():
    """It can be seen beforehand, and is an exception of its own."""
    template = parse_template(in_sms("Your card was blocked."))
    assert ("sms",) == template.channels()
    with pytest.raises(NotOnChannel, match="the template t has no voice in en"):
        render(template, TEXT, Channel.VOICE, "en")


def test_a_template_in_a_language_of_its_own_is_kept_and_stands_after_ours():
    """Any language may be added; English comes first."""
    template = parse_template(in_sms("x") | {"languages": {"fr": {"sms": "y"}, "en": {"sms": "x"}}})
    assert ("en", "fr") == template.languages
    assert "y" == said(template, Channel.SMS, "fr-CA")[0]


def test_the_price_of_a_text_is_counted_as_it_is_sent():
    """After its spaces are folded."""
    content = render(SHIPPED["overdue-reminder"], TEXT, Channel.SMS, "zh-CN")
    assert isinstance(content, SmsContent)
    assert ("UCS-2", -(-len(content.body) // 67)) == (content.encoding, content.segments)
    english = render(SHIPPED["overdue-reminder"], TEXT, Channel.SMS, "en")
    assert isinstance(english, SmsContent)
    assert "GSM-7" == english.encoding


def test_an_html_part_without_words_lacks_everything():
    """Words in a tag's attribute are not seen."""
    hidden = f'<p title="{TEXT.unsubscribe_url} $12,500.00 October 5, 2026 50 $431.07 $18.50 call"></p>'
    assert {"the amount of the loan", "the due date", "the days overdue"} <= set(
        missing_elements(hidden, TEXT, "html", "en")
    )


def test_a_template_that_is_made_ready_is_the_one_that_was_checked() -> None:
    """Of each that ships: the same digest, languages, channels and facts, and word for word the same texts,
    compiled when they are used."""
    checked, ready = shipped_templates(), ready_templates()
    assert list(checked) == list(ready)
    for name, one in checked.items():
        other = ready[name]
        told = [
            (
                it.digest,
                it.languages,
                it.categories,
                it.content,
                it.channels(),
                it.prints("sms"),
                len(it.parts),
            )
            for it in (one, other)
        ]
        assert told[0] == told[1]
        assert set(one.parts) == set(other.parts)
        for (language, part), compiled in one.parts.items():
            facts = context_of(specimens()[0], language)
            assert compiled.render(facts) == other.parts[(language, part)].render(facts)
        assert ("xx", "sms") not in other.parts
        with pytest.raises(KeyError):
            other.parts[("xx", "sms")]
