"""What a person wrote themselves in an answer, without the words of ours that their mail program put below,
above or between.

Found by form and not by language: quote marks, the line that introduces them, and a block of headers. What is
not surely a quotation stays, since a word of ours that is read as theirs makes a person look, and a word of
theirs that is dropped is lost."""

from __future__ import annotations

import re
from html.parser import HTMLParser

LONGEST = 100_000
"""Characters of a letter that are looked at."""
_QUOTED = re.compile(r"^\s{0,3}(?:[>＞]|\|\s)")
_INTRODUCES = re.compile(r"[:：]\s*$")
_SAYS_WHO = re.compile(r"@|(?=.*\b\d{1,2}[:h]\d{2}\b).*\b\d{4}\b")
"""A mailbox, or a time and a year: what a program writes, and hardly a person."""
_DATED = re.compile(r"\d|@")
_LABEL = re.compile(r"^\s*\**[^\W\d_][\w .\-'’/()]{0,24}\**\s?[:：]\**\s?\S")
_RULE = re.compile(r"^\s*(?:_{10,}|-{10,}|-{2,}\s?[^-\n]{3,60}\s?-{2,})\s*$")
"""A line that mail programs draw above what is answered: `____`, `-----Original Message-----`."""
_TELEPHONE = re.compile(
    r"^(?:(?:sent from|get outlook|gesendet von|von meinem|envoyé (?:de|depuis)|enviado (?:desde|do|de)"
    r"|inviato da"
    r"|verzonden (?:vanaf|met)|wysłane z|отправлено (?:с|из)|gönderildi)\b"
    r"|发自|從我的|发送自|iphoneから送信|나의 "
    r"iphone).{0,60}$",
    re.IGNORECASE,
)
"""What a telephone adds by itself."""
FEWEST_LABELS = 3
LONGEST_INTRODUCTION = 3
"""Lines over which a program breaks `On … Example Bank <notices@example.com> wrote:`."""


def own_words(text: str) -> str:
    """The lines of a letter that are no quotation, in their order."""
    lines = text[:LONGEST].replace("\u00a0", " ").split("\n")
    kept: list[str] = []
    for place, line in enumerate(lines):
        if _QUOTED.match(line):
            if kept and not _QUOTED.match(lines[place - 1] if place else ""):
                _drop_introduction(kept)
            continue
        if _headers_begin(lines, place):
            break
        if not _TELEPHONE.match(line.strip()):
            kept.append(line.rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _drop_introduction(kept: list[str]) -> None:
    """Take the line above a quotation away where it says who wrote when: it ends in a colon and holds a
    mailbox or a time and a year."""
    end = len(kept)
    while end and not kept[end - 1].strip():
        end -= 1
    if not end or not _INTRODUCES.search(kept[end - 1]):
        return
    for start in range(end - 1, max(-1, end - 1 - LONGEST_INTRODUCTION), -1):
        if not kept[start].strip():
            return
        said = " ".join(kept[start:end])
        whole = start == 0 or not kept[start - 1].strip() or len(kept[start - 1]) < SHORT
        if whole and _SAYS_WHO.search(said) and said.count("<") == said.count(">"):
            del kept[start:]
            return


SHORT = 60
"""A line that its writer ended; a program breaks later."""


def _headers_begin(lines: list[str], place: int) -> bool:
    """Whether the headers of an answered mail stand here: a ruled line and then a label, or labels in a row
    of which one holds a mailbox."""
    ahead = place
    ruled = _RULE.match(lines[place]) is not None
    if ruled:
        ahead += 1
        while ahead < len(lines) and not lines[ahead].strip():
            ahead += 1
    labels = 0
    while ahead + labels < len(lines) and _LABEL.match(lines[ahead + labels]):
        labels += 1
    block = " ".join(lines[ahead : ahead + labels])
    return labels >= FEWEST_LABELS and (ruled or "@" in block) and _DATED.search(block) is not None


class _Words(HTMLParser):
    """The words of an HTML letter, line by line, without what it quotes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._open: list[tuple[str, bool]] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open an element; what is quoted or no text is left out."""
        if tag in _LINES:
            self.pieces.append("\n")
        if tag in _VOID:
            return
        named = dict(attrs)
        marks = f"{named.get('class') or ''} {named.get('id') or ''} {named.get('type') or ''}"
        hides = tag in _NO_TEXT or (
            tag in {"blockquote", "div"} and _QUOTE_MARK.search(f"{tag} {marks}") is not None
        )
        self._open.append((tag, hides))
        self._hidden += hides

    def handle_endtag(self, tag: str) -> None:
        """Close an element, and those in it that were left open."""
        if tag in _LINES:
            self.pieces.append("\n")
        if any(name == tag for name, _ in self._open):
            while self._open:
                name, hides = self._open.pop()
                self._hidden -= hides
                if name == tag:
                    break

    def handle_data(self, data: str) -> None:
        """Text."""
        if not self._hidden:
            self.pieces.append(re.sub(r"\s+", " ", data))


_LINES = frozenset(
    {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "h4", "hr", "table", "blockquote", "ul", "ol"}
)
_VOID = frozenset(
    {
        "br",
        "hr",
        "img",
        "meta",
        "link",
        "input",
        "area",
        "base",
        "col",
        "embed",
        "source",
        "track",
        "wbr",
        "p",
        "li",
    }
)
"""Elements without an end, or whose end is often left out."""
_NO_TEXT = frozenset({"head", "style", "script", "title", "template"})
_QUOTE_MARK = re.compile(
    r"^blockquote.*\b(?:cite|gmail_quote|yahoo_quoted|moz-cite)|\b(?:gmail_quote|gmail_attr|yahoo_quoted"
    r"|moz-cite-prefix|protonmail_quote|divRplyFwdMsg)\b"
)


def words_of_html(html: str) -> str:
    """The words of an HTML letter."""
    parser = _Words()
    parser.feed(html[: LONGEST * 4])
    parser.close()
    lines = [" ".join(line.split()) for line in "".join(parser.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
