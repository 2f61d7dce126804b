"""The rules of the craft that no linter knows: short functions and modules, names that mean something, no
person's data, no stubs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import phonenumbers
import pytest

from channels.registry import registered

LONGEST_FUNCTION = 40
LONGEST_MODULE = 400
BANNED = {"manager", "helper", "helpers", "util", "utils", "common", "info", "handle", "handler", "handlers"}
NAMED_BY_OTHERS = {"get_route_handler", "handle_data", "handle_endtag", "handle_starttag"}
"""Methods of FastAPI's and of the HTML parser's that are overridden."""

DOMAIN = re.compile(
    r"(?:https?://|[\w.+-]+@)((?:[\w-]+\.)+[a-z]{2,})\b|(?<![\w.-])((?:[a-z\d-]+\.)+(?:com|org|net|io))\b",
    re.IGNORECASE,
)
EXAMPLES = re.compile(r"(?:^|\.)(?:example\.(?:com|org|net)|[\w-]+\.example|example|invalid|test|localhost)$")
SPECIFICATIONS = {
    "json-schema.org": "the dialect of a JSON Schema",
    "api.twilio.com": "the REST API that the adapter speaks to",
    "api.nexmo.com": "the REST API that the Vonage adapter speaks to",
    "rest.nexmo.com": "where Vonage lists an account's numbers",
    "messaging.twilio.com": "where Twilio lists messaging services and WhatsApp senders",
    "api.telnyx.com": "the REST API that the Telnyx adapter speaks to",
    "sns.eu-central-1.amazonaws.com": "a host whose certificates the SES receiver believes",
    "www.apache.org": "stands in the licence's own text",
    "c2sp.org": "names the form of checkpoints",
    "www.rfc-editor.org": "the text of the standards that auditors follow",
    "app.kubernetes.io": "prefix of Kubernetes' recommended labels",
    "kubernetes.io": "prefix of its well-known labels",
    "networking.k8s.io": "an API group of Kubernetes",
    "prometheus.io": "prefix of the annotations by which pods are scraped",
    "monitoring.coreos.com": "the API group of the Prometheus operator",
    "keda.sh": "the API group of KEDA",
    "yaml.org": "stands in the names of YAML's types",
}
PHONE = re.compile(r"(?<![\w.+])\+[1-9]\d{7,14}(?!\d)")
FICTIONAL = re.compile(
    r"\+1\d{3}55501\d\d$"  # North America: 555-0100 to 555-0199 in every area
    r"|\+1500555\d{4}$"  # magic numbers of sandboxes
    r"|\+1(?:800)?555\d{4}$"
    # Ofcom's numbers for drama
    r"|\+44(?:7700900|2079460|1632960|1144960|1154960)\d{3}$|\+442079460\d{3}$|\+447700900\d{3}$"
    r"|\+61(?:491570|491571|255501|355501|755501|855501)\d{2,3}$"  # ACMA's
    r"|\+33(?:199|261|353|465|536|639)\d{6}$"  # ARCEP's
)
DOWNLOADS = re.compile(
    r"(?:pypi|npmjs|pythonhosted|crates|rubygems|conda|docker)\.(?:org|com|io)|index-url\s*[=:]?\s*http",
    re.IGNORECASE,
)
WRITTEN_LATER = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME)\b")
SPECIMENS = {"+8613800138000", "+4915112345678", "+390612345678"}
"""Written in tests of parsing alone: a provider's own service number and two that count upwards; no range for
fiction there."""
GENERATED = '"""Generated from the OpenAPI document'
"""How modules begin that nobody reads from end to end."""


def functions(module: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a module, methods and inner ones too."""
    return (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_no_function_is_longer_than_forty_lines(modules: dict[str, ast.Module]) -> None:
    """A function is read without scrolling."""
    lengths = {
        f"{name}:{one.name}": (one.end_lineno or 0) - one.lineno + 1
        for name, module in modules.items()
        for one in functions(module)
    }
    assert {} == {where: lines for where, lines in lengths.items() if lines > LONGEST_FUNCTION}


def test_no_module_is_longer_than_four_hundred_lines(texts: dict[str, str]) -> None:
    """A module is one thought; a module of tests too."""
    written = {name: text for name, text in texts.items() if not text.startswith(GENERATED)}
    lengths = {name: len(text.splitlines()) for name, text in written.items() if name.endswith(".py")}
    assert {} == {name: n for name, n in lengths.items() if n > LONGEST_MODULE}


def test_every_module_says_what_it_is(modules: dict[str, ast.Module]) -> None:
    """A docstring stands at the head of each."""
    assert [] == [name for name, module in modules.items() if not ast.get_docstring(module)]


def names(path: str, module: ast.Module) -> Iterator[str]:
    """The names that a module gives: its own, and those of its classes and functions."""
    yield path.rsplit("/", 1)[-1].removesuffix(".py")
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def words(name: str) -> set[str]:
    """The words in a name, whatever its case."""
    return {word.lower() for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


REFUSED = re.compile(r"`([a-z]+)`(?! of)")
WORD_ROW = re.compile(r"^\| [^|]+ \| [^|]+ \| ([^|]*)\|$", re.MULTILINE)


def bound(module: ast.Module) -> Iterator[str]:
    """Every name that a module binds: definitions, arguments, variables, attributes."""
    for node in ast.walk(module):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case (
                ast.Name(id=name, ctx=ast.Store())
                | ast.Attribute(attr=name, ctx=ast.Store())
                | ast.arg(arg=name)
            ):
                yield name


def test_no_name_is_one_of_the_refused_words(texts: dict[str, str], modules: dict[str, ast.Module]) -> None:
    """One word for a thing: what stands in the last column of CONTRIBUTING's table names nothing."""
    refused = {word for row in WORD_ROW.findall(texts["CONTRIBUTING.md"]) for word in REFUSED.findall(row)}
    assert {"fault", "seal", "shelf", "desk"} <= refused
    given = {
        (path, name)
        for path, module in modules.items()
        if "/migrations/" not in path
        for name in (path.rsplit("/", 1)[-1].removesuffix(".py"), *bound(module))
    }
    assert [] == sorted(f"{path}: {name}" for path, name in given if words(name) & refused)


def test_no_name_says_nothing(modules: dict[str, ast.Module]) -> None:
    """A thing is named after what it is in the domain."""
    given = {(path, name) for path, module in modules.items() for name in names(path, module)}
    assert [] == sorted(
        f"{path}: {name}" for path, name in given if words(name) & BANNED and name not in NAMED_BY_OTHERS
    )


SHORT = 3
NAMES = (rf"\b{one}\b" if len(one) <= SHORT else one for one in (*sorted(registered()), "twiml"))
NAMELESS = re.compile("|".join(NAMES), re.IGNORECASE)


def test_nobody_but_its_own_folder_names_a_provider(texts: dict[str, str]) -> None:
    """The service, the message and the port know providers by the registry alone; what a call says is a
    script, and no provider's."""
    neutral = ("channels/message.py", "channels/script.py", "channels/callback.py", "channels/adapter.py")
    found = {
        name: sorted({one.lower() for one in NAMELESS.findall(text)})
        for name, text in texts.items()
        if name.startswith(("service/", *neutral)) and NAMELESS.search(text)
    }
    assert {} == found


def test_log_entries_are_made_by_their_own_constructors(modules: dict[str, ast.Module]) -> None:
    """What an entry is about is given whole: nobody writes its columns one by one."""
    assert [] == [
        f"{name}:{node.lineno}"
        for name, module in modules.items()
        if name != "service/log/entry.py"
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Entry"
    ]


def test_nothing_is_left_for_later(texts: dict[str, str]) -> None:
    """What is not done is not promised in a comment."""
    assert [] == [name for name, text in texts.items() if WRITTEN_LATER.search(text)]


def test_every_domain_is_an_example(texts: dict[str, str]) -> None:
    """No host and no mailbox of anybody; what names a specification or the provider's own API is listed with
    its reason."""
    found = {
        (name, (match[1] or match[2]).lower())
        for name, text in texts.items()
        for match in DOMAIN.finditer(text)
    }
    assert [] == sorted(
        f"{name}: {host}" for name, host in found if not EXAMPLES.search(host) and host not in SPECIFICATIONS
    )


def may_ring(number: str) -> bool:
    """Whether a number could be somebody's."""
    if FICTIONAL.match(number):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


def test_every_phone_number_is_fictional(texts: dict[str, str]) -> None:
    """No number that is written anywhere can ring at somebody's place."""
    found = {(name, number) for name, text in texts.items() for number in PHONE.findall(text)}
    assert [] == sorted(
        f"{name}: {number}"
        for name, number in found - {(name, one) for name, _ in found for one in SPECIMENS}
        if may_ring(number)
    )


def test_no_text_names_a_host_to_download_from(texts: dict[str, str]) -> None:
    """Where packages come from is the machine's business."""
    own = "tests/architecture/test_sources.py"
    assert [] == [name for name, text in texts.items() if name != own and DOWNLOADS.search(text)]


@pytest.mark.parametrize(
    ("number", "rings"), [("+16175550123", False), ("+15005550006", False), ("+1212555" + "1234", True)]
)
def test_the_test_knows_a_fictional_number(number: str, rings: bool) -> None:
    """555-01xx rings nowhere; another number in a real area might."""
    assert rings is may_ring(number)
