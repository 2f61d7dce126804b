"""Names and other words that are printed as they come: what a template may not say, a value may not smuggle
in.

A message is believed because a lender sends it. A name that is a threat, a link or a telephone number is
none."""

from __future__ import annotations

import re
import unicodedata

from channels.content.checks import THREATS

_TLDS = (
    "com net org info biz io co me app link click top xyz site online shop ly gl gd ru cn in uk eu us"
    " ca au br mx jp kr ch at be nl pl se dk fi cz gr ro tr ua vn ph th my sg hk tw za ng ke cc tv ws ai"
    " dev page live store tech bid loan win vip fun pro mobi club icu buzz cam bank credit cash money"
    " finance support help рф бел укр срб мкд қаз бг ею ευ ελ рус москва сайт онлайн орг ком дети 中国"
    " 中國 公司 网络 网址 网店 网站 在线 商城 香港 台灣 台湾 新加坡 世界 移动 我爱你 한국 みんな コム"
    " ストア भारत ভারত భారత్ ભારત ਭਾਰਤ இந்தியா السعودية مصر امارات الاردن قطر تونس المغرب الجزائر عمان"
    " ایران پاکستان ישראל ไทย"
)
"""Top-level domains without a path behind them. Particles of names (`de`, `la`, `el`, `no`) are not among
them: "Ma.de Jesus" is somebody."""
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://|\bwww\.|\bxn--[a-z0-9-]+\.|\.xn--|\b[\w-]+(?:\.[\w-]+)*\.[a-z]{2,24}/|@[\w-]+\.[a-z]{2,}"
    rf"|\b[\w-]{{2,}}\.(?:{'|'.join(_TLDS.split())})(?!\w)"
    r"|(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|\[[0-9a-f]*:[0-9a-f:.]+\]",
    re.IGNORECASE,
)
_POINTED = re.compile(r"[.:@\[]")
_STOPS = str.maketrans("\u3002\uff61", "..")
"""What browsers take for the dot of a domain (UTS 46)."""
_NUMBER = re.compile(r"(?:\d[\s().+-]*){7,}")
_ELSEWHERE = (
    "lawsuit", "prosecut", "foreclos", "bailiff", "repossess", "verklag", "gerichtsvollzieher", "gefängnis",
    "pfänd", "polizei", "vollstreck", "poursuiv", "poursuite", "arrêt", "huissier", "emprisonn", "demandar",
    "juicio", "encarcel", "será preso", "serás preso", "vai preso", "prisão", "processar", "penhora",
    "polícia", "arrestat", "pignor", "querel", "carcere", "gevangenis", "deurwaarder", "dagvaard", "areszt",
    "więzien", "komornik", "hapis", "haciz", "tutukla", "mahkeme", "penjara", "polisi", "gugat",
    "makukulong", "kakasuhan", "bắt giữ", "khởi kiện", "công an", "prizon", "lapolis", "арест", "тюрьм",
    "полици", "пристав", "засуд", "подадим в суд", "арешт", "в'язниц", "поліці", "φυλακ", "συλληφθ",
    "συλλάβ", "αστυνομ",
    "मुकदमा", "मुक़दमा", "गिरफ़्तार", "गिरफ्तार", "जेल भेज", "पुलिस", "سجن", "محكمة", "شرطة", "اعتقال",
    "訴訟", "诉讼", "监狱", "監獄", "坐監", "체포", "고소", "소송", "경찰", "감옥", "จับกุม", "ติดคุก",
    "ตำรวจ", "ฟ้องร้อง", "מעצר", "לכלא", "משטרה", "תביעה",
)  # fmt: skip
"""Threats in languages in which no text is shipped: a borrower who reads them is told them by a name."""


def _by_beginning() -> dict[str, tuple[str, ...]]:
    """Threats of writings with spaces, by their first four letters: of a name few are compared."""
    found: dict[str, tuple[str, ...]] = {}
    for one in (*THREATS, *_ELSEWHERE):
        if one[0] < _NO_SPACES:
            found[one[:4]] = (*found.get(one[:4], ()), one)
    return found


_NO_SPACES = "\u0530"
"""From here on a word may stand within others, or its forms begin otherwise: it is looked for anywhere."""
_BEGINNINGS = _by_beginning()
_ANYWHERE = tuple(
    unicodedata.normalize("NFKC", one) for one in (*THREATS, *_ELSEWHERE) if one[0] >= _NO_SPACES
)
_TOKEN = re.compile(r"\w+")
_SPACED = re.compile(r"\b\w(?:[.\-_*/ ]\w){3,}\b")
"""Letters apart from one another: A.R.R.E.S.T."""
_DIGITS = re.compile(r"\b(?=\w*[^\W\d_])(?=\w*\d)\w{4,}\b")
_LETTERS = str.maketrans("0134578", "oieastb")
"""Digits that are read as letters: 4RREST."""
_MIXED = re.compile(r"(?=\w*[a-z])\w*[\u0370-\u03ff\u0400-\u052f]", re.IGNORECASE)
"""A word of Latin letters and of Greek or Cyrillic ones, which look alike: nobody's name is written so."""
_ADDRESSED = re.compile(
    r"\b(?:вас|вам|тебя|vous|usted|ustedes|sie|você|ihnen|against you|sue you)\b|आप", re.IGNORECASE
)
_DEMANDS = re.compile(
    r"\b(?:pay|act|call|respond)\s+(?:now|today|immediately|at once)\b"
    r"|\b(?:final|last)\s+(?:notice|warning|demand)\b"
    r"|\blegal\s+(?:action|proceedings)\b|\b(?:we|they|i|bank|lender|who)\s+(?:will|can|may)\s+sue\b|\bsuing\s+you\b|(?<=\w\s)sue\s+(?:you|for)\b|\byou\s+(?:will|shall|must)\b|\b(?:before|in|to)\s+court\b"
    r"|\bpague\s+(?:ahora|hoy|ya)\b|\b(?:último|última)\s+(?:aviso|advertencia)\b|\b(?:acción|acciones)\s+legal(?:es)?\b"
    r"|\bdemanda\s+judicial\b|立即还款|立刻还款|马上还款|最后通牒|最后通知|起诉|法院|律师函",
    re.IGNORECASE,
)
_SHORT = 2
"""A name of so few words may hold one that means harm elsewhere: there are people called Arrestad."""


def smuggled(value: str) -> str | None:
    """What a name or another printed value must not hold, in words for whoever sent it; None for one that is
    harmless."""
    folded = unicodedata.normalize("NFKC", value).translate(_STOPS)
    plain = folded.isascii()
    seen = folded if plain else "".join(one for one in folded if unicodedata.category(one) != "Cf")
    if _POINTED.search(seen) and _LINK.search(seen):
        return "a link or a mailbox"
    if _NUMBER.search(seen):
        return "a telephone number"
    if not plain and (found := next(filter(_MIXED.match, _TOKEN.findall(seen)), None)):
        return f"letters of two alphabets in one word: {found}"
    read = _DIGITS.sub(_in_letters, _SPACED.sub(_together, seen))
    if (demand := _DEMANDS.search(read)) is not None:
        return f"a demand: {demand.group()}"
    threat = _threat(read.lower())
    return None if threat is None else f"a threat: {threat}"


def _threat(read: str) -> str | None:
    """The words of a threat; in a name of few words only what is nothing else, or is said to somebody."""
    for found in _TOKEN.finditer(read):
        for stem in _BEGINNINGS.get(found.group()[:4], ()):
            if read.startswith(stem, found.start()) and (
                " " in stem or found.group() in THREATS or _is_said(read)
            ):
                return stem if " " in stem else found.group()
    if read.isascii():
        return None
    return next((one for one in _ANYWHERE if one in read and (_is_no_name(one) or _is_said(read))), None)


def _is_no_name(found: str) -> bool:
    """Whether a name would not hold it. Chinese, Japanese and Thai set no spaces, so that a whole sentence is
    one word; in Korean somebody is called 고소영."""
    return found in THREATS or "\u0e00" <= found[0] <= "\u0e7f" or "\u3040" <= found[0] <= "\u9fff"


def _is_said(read: str) -> bool:
    return len(read.split()) > _SHORT or _ADDRESSED.search(read) is not None


def _together(spaced: re.Match[str]) -> str:
    return re.sub(r"[.\-_*/ ]", "", spaced.group())


def _in_letters(word: re.Match[str]) -> str:
    return word.group().translate(_LETTERS)
