"""What a borrower's words mean: opt-out words by language, and the words that are more than an opt-out.

Normalised first (compatibility forms, case, punctuation, emoji, full width), then an exact match, then a test of meaning, because
47 CFR 64.1200(a)(10) protects any wording that a reasonable person understands. What stays unclear stops us and waits for a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

LONGEST = 2_000
"""Characters that are looked at; a borrower's message has fewer."""

PER_SE = frozenset(
    {
        "stop",
        "quit",
        "end",
        "revoke",
        "opt out",
        "optout",
        "cancel",
        "unsubscribe",
        "stopall",
        "stop all",
        "remove",
        "opt-out",
    }
)

OPT_OUT: Mapping[str, frozenset[str]] = {
    "en": PER_SE
    | {
        "remove me",
        "stop texting",
        "stop texting me",
        "stop calling",
        "stop calling me",
        "stop messaging me",
    },
    "fr": frozenset(
        {
            "arret",
            "arrêt",
            "stop",
            "desabonner",
            "désabonner",
            "se desabonner",
            "se désabonner",
            "arreter",
            "arrêter",
            "arretez",
            "arrêtez",
        }
    ),
    "es": frozenset(
        {
            "alto",
            "parar",
            "baja",
            "cancelar",
            "no mas",
            "no más",
            "pare",
            "detener mensajes",
            "darse de baja",
            "dar de baja",
            "darme de baja",
        }
    ),
    "zh": frozenset(
        {
            "退订",
            "td",
            "取消",
            "拒收",
            "不要再发",
            "退訂",
            "停止",
            "不要再发了",
            "别再发了",
            "取消订阅",
            "取消訂閱",
        }
    ),
    "pt": frozenset({"parar", "sair", "cancelar", "pare", "descadastrar"}),
    "de": frozenset({"stopp", "abmelden", "abbestellen"}),
    "it": frozenset({"basta", "annulla"}),
    "nl": frozenset({"afmelden", "stoppen"}),
    "pl": frozenset({"wypisz"}),
    "ru": frozenset({"стоп", "отписаться", "відписатися", "отписка"}),
    "hi": frozenset({"बंद", "रोकें", "बंद करें", "बंद करो"}),
    "id": frozenset({"berhenti"}),
    "th": frozenset({"ยกเลิก", "หยุด"}),
    "vi": frozenset({"tc", "huy", "dung", "hủy", "huỷ", "dừng", "dừng lại", "ngừng"}),
    "tl": frozenset({"tigil", "itigil"}),
    "ja": frozenset({"停止", "配信停止"}),
    "ko": frozenset({"수신거부", "수신 거부", "거부", "중지"}),
    "ar": frozenset({"إلغاء", "الغاء", "توقف", "إيقاف", "ايقاف", "إلغاء الاشتراك", "الغاء الاشتراك"}),
}
ONLY_IF_OFFERED = frozenset({"t", "n", "r", "no"})
OPT_IN = frozenset({"start", "unstop", "yes", "subscribe", "开始", "恢复", "si", "sí", "alta"})
HELP = frozenset({"help", "info", "aide", "ayuda", "帮助", "ajuda"})
COURTESY = frozenset({"please", "pls", "thanks", "thank", "you", "now", "por", "favor", "gracias", "merci", "bitte", "danke", "ok", "okay", "texting", "me",
                      "messages", "texts", "sms", "these", "the", "all", "sir", "svp", "mensajes", "ya", "obrigado", "obrigada", "grazie", "aub", "proszę",
                      "смс", "пожалуйста", "спасибо", "tolong", "po", "कृपया", "부탁", "谢谢", "請", "请"})  # fmt: skip

MEANINGS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (kind, event, re.compile(pattern, re.IGNORECASE))
    for kind, event, pattern in (
        ("deceased", "deceased", r"\b(deceased|passed away|died|is dead|fallecid[oa]|muri[oó])\b|去世|过世|死亡"),
        ("bankruptcy", "bankruptcy", r"\b(bankrupt(cy)?|chapter (7|11|13)|bancarrota|quiebra)\b|破产"),
        ("attorney", "attorney", r"\b(my (lawyer|attorney|solicitor)|(lawyer|attorney|solicitor|counsel) represent(s|ing) me|represented by|((have|got|hired|retained) (a|an|got a|got an)|hired|retained|through (a|an|our|the)) (lawyer|attorney|solicitor)|mi abogad[oa])\b|我的律师|请了律师|委托(了)?律师"),
        ("wrong_number", "wrong_number", r"\b(wrong (number|person)|not (him|her|me|that person)|don'?t know (him|her|them|this person)|n[uú]mero equivocado|(faux|mauvais) num[eé]ro|falsche nummer|n[uú]mero errado|numero sbagliato|не тот номер|ошиблись номером)\b|打错|打錯|不是本人|发错|間違い電話|番号違い"),
        ("cease", "cease", r"\b(do not contact me( at all| again| any ?more)?|don'?t contact me|cease( and desist)?|never contact me|stop contacting( me| us)?|(stop|cease|end) all (contact|communications?)|no (more|further) (contact|communications?)|leave (me|us) alone|refus(e|ing) to pay|no me contacte|d[eé]jen?me en paz)\b|(不要|别)(再)?联系我|拒绝还款"),
        ("dispute", "dispute", r"\b(disput(e|es|ed|ing)|not my debt|not mine|i (do not|don'?t) owe|no es mi deuda|no debo)\b|不是我的债|有异议"),
        ("hardship", "hardship_request", r"\b(lost my job|can'?t (afford|pay)|cannot (afford|pay)|hardship|in hospital|no puedo pagar|perd[ií] mi trabajo)\b|失业|没钱还|还不起|困难"),
        ("designation", "unclear_words", r"\b(at work|not on (mon|tues|wednes|thurs|fri|satur|sun)days?|only (after|before)|not before|not after)\b|上班"),
    )
)  # fmt: skip
STOPPING = re.compile(
    r"\b(stop|quit|unsub\w*|opt.?out|(remove|delete|lose) (me|my number)|take me off|no more( (texts|messages|calls|e?mails))?"
    r"|(don'?t|do not|never) (text|call|phone|message|e ?mail)|(revok|withdraw)\w* (my )?consent|go away|dnc"  # en
    r"|arr[eê]t|arr[eê]te[rz]|d[eé]s(abonn|inscri)\w*|ne m ?'?(e )?(appel|contact|[eé]criv|envoy)\w*|plus de (sms|messages|appels)"  # fr
    r"|alto|basta|desuscri\w+|dar(me|se)? (de )?baja|no (me|nos) (escrib|llam|mand|env[ií]|contact|molest)\w*"
    r"|no quiero (m[aá]s|recibir|que me)|deje?n? de (llamar|escribir|enviar|mandar|molestar)\w*|no m[aá]s (sms|mensajes|llamadas)"  # es
    r"|parar|pare de|descadastr\w*|n[aã]o (me )?(ligue|liga|mande|manda|envie|contate|quero mais)\w*"  # pt
    r"|stopp|abmeld\w+|abbestell\w+|nicht mehr (an)?(rufen|schreiben|kontaktieren)|keine (sms|nachrichten|anrufe|mails) mehr|h[oö]rt? auf"  # de
    r"|non (mi )?(chiam|scriv|contatt|mand)\w*|smett\w+|annulla|afmelden|stoppen|niet meer (bellen|sms\w*|mailen|schrijven)"  # it, nl
    r"|wypisz|rezygnuj[eę]|nie (dzwo|pisz|wysy)\w*|стоп|отпи[сш]\w*|відпи[сш]\w*|не (звон|пиш|беспоко|присыл|телефон|дзвон|турбу)\w*"  # pl, ru, uk
    r"|berhenti|jangan (hubungi|telepon|kirim|sms)|dừng|ngừng|i?tigil|huwag na)\b"  # id, vi, tl
    r"|退订|退訂|拒收|停止|勿(打)?[扰擾]|打[扰擾]我|(不要|别|別)(再)?[发發打传傳寄]|取消(订阅|訂閱|短信|簡訊)"  # zh, ja
    r"|やめて|(送ら|電話し|連絡し)ないで|수신 ?거부|거부|중지|그만|(하지|보내지|걸지) ?마"  # ja, ko
    r"|बंद|रोक|मत (भेज|कर)|ยกเลิก|หยุด|ไม่ต้อง(ส่ง|โทร)|إلغاء|الغاء|توقف|[أا]وقف|لا ت(رسل|تصل)"  # hi, th, ar
    r"|\b(lawyers?|attorneys?|solicitors?|abogad[oa]s?|avocate?s?|anw[aä]lt\w*|advogad[oa]s?|advocaat|avvocat[oi]|adwokat\w*|адвокат\w*|юрист\w*)\b"
    r"|律师|律師|弁護士|변호사|\b(won'?t|will not|not going to) (ever )?pay\b",
    re.IGNORECASE,
)
"""Words that may ask for silence and may not, in whatever language they are written."""
DOING = "(texting|calling|phoning|messaging|e ?mailing|sending)"
PLAIN_STOP = re.compile(
    rf"^(please |pls )?(stop|quit) {DOING}(( (and|or))? {DOING})*( me)?( (any ?more|now|texts|messages|e ?mails|these))*$"
    r"|^(please )?(don'?t|do not|never) (text|call|phone|message|e ?mail) me( (any ?more|again))?$"
    r"|^(no me llamen?|no llamen?|dejen? de llamar(me)?)( m[aá]s)?$|^(请)?(不要|别|別|停止)(再)?(给我|給我)?打(电话|電話)?(给我|給我)?(了)?$"
    r"|^(please )?no more (texts|messages|calls|e ?mails)( please)?$|^(please )?(remove|take) me (off|from)( (your|the|this))? list$",
    re.IGNORECASE,
)


MEDIA: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("voice", re.compile(r"\b(calls?|calling|phone|phoning|llamen?|llamar(me)?)\b|打")),
    ("sms", re.compile(r"\b(texts?|texting|sms|message|messages|messaging)\b|短信|簡訊")),
    ("email", re.compile(r"\be ?mail(s|ing)?\b|邮件|郵件")),
)
"""How an opt-out names a medium."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What words mean, and how sure that is."""

    kind: str
    """`opt_out`, `opt_in`, `help`, `cease`, `attorney`, `wrong_number`, `bankruptcy`, `deceased`, `dispute`, `designation`, `hardship`,
    `unclear`, or `message` for words that ask nothing of us."""
    confidence: str
    """`exact`, `meaning` or `unsure`."""
    matched: str | None = None
    language: str | None = None
    event_type: str | None = None
    """The event that belongs into the borrower's history; None for a plain message."""
    confirm: bool = False
    """Whether the one confirmation may follow."""
    media: tuple[str, ...] = ()
    """The media that an opt-out names: `voice`, `sms`, `email`; none where it means the one that it came through."""


def classify(words: str, *, language_hint: str | None, offered: frozenset[str] = frozenset()) -> Reading:
    """Read a message. `offered`: short tokens that the template named as opt-out words (`T`, `N` …)."""
    text = normalised(words[:LONGEST])
    if not text:
        return Reading(kind="message", confidence="exact")
    exact = _exact(text, language_hint, frozenset(one.casefold() for one in offered))
    return exact or _meaning(text) or _doubt(text, language_hint)


_OFFER = re.compile(
    r"(?:\b(?i:reply|text|send|answer|responda|env[ií]e)\s+|回[复覆]?\s*|[发發]送?\s*)[\"'“「]?(T|N|R|NO)(?![A-Za-z0-9])"
)


def offered_in(text: str) -> frozenset[str]:
    """The short tokens that a text offers as a way out, like `T` in `回复T退订` or `N` in `Reply N to stop`."""
    return frozenset(match[1].casefold() for match in _OFFER.finditer(text))


def normalised(words: str) -> str:
    """Compatibility form, lower case, letters and digits only, single spaces; marks and joiners that carry no meaning are dropped,
    and a word that is spelt out is put together."""
    plain = unicodedata.normalize("NFKC", words).casefold()
    kept = "".join(_kept(one) for one in plain).split()
    spelt = len(kept) >= SHORTEST_SPELT and all(len(one) == 1 and one.isascii() for one in kept)
    return ("" if spelt else " ").join(kept)


SHORTEST_SPELT = 3
"""Single letters in a row that are one word spelt out, as in `S T O P` or `s.t.o.p.`."""


def _kept(one: str) -> str:
    if "\ufe00" <= one <= "\ufe0f" or "\U000e0100" <= one <= "\U000e01ef":
        return ""  # says how the sign before it looks (a coloured emoji), and is a mark of no letter
    category = unicodedata.category(one)
    if one in "'\u2019":
        return "'"
    if category[0] == "L" or category in {"Mn", "Mc", "Nd"}:
        return one
    return "" if category in {"Cf", "Cc"} and not one.isspace() else " "


def _exact(text: str, hint: str | None, offered: frozenset[str]) -> Reading | None:
    if (language := _opt_out_language(text, hint)) is not None:
        return Reading(
            kind="opt_out",
            confidence="exact",
            matched=text,
            language=language,
            event_type="opt_out",
            confirm=True,
            media=_media(text),
        )
    if text in ONLY_IF_OFFERED and text in offered:
        return Reading(kind="opt_out", confidence="exact", matched=text, event_type="opt_out", confirm=True)
    if text in OPT_IN:
        return Reading(kind="opt_in", confidence="exact", matched=text, event_type="opt_in")
    if text in HELP:
        return Reading(kind="help", confidence="exact", matched=text, event_type="help")
    return None


def _opt_out_language(text: str, hint: str | None) -> str | None:
    """The language in which the whole text is an opt-out word, courtesies aside; the borrower's own is tried first."""
    own = (hint or "").split("-")[0].lower()
    order = [own, "en", *OPT_OUT] if own in OPT_OUT else ["en", *OPT_OUT]
    bare = " ".join(dict.fromkeys(one for one in text.split() if one not in COURTESY))
    for language in order:
        words = OPT_OUT[language]
        if text in words or (bare and bare in words):
            return language
    return None


def _meaning(text: str) -> Reading | None:
    """Words that are more than an opt-out, and plain wordings of one."""
    for kind, event, pattern in MEANINGS:
        if (match := pattern.search(text)) is not None:
            return Reading(kind=kind, confidence="meaning", matched=match[0], event_type=event)
    if PLAIN_STOP.match(text):
        return Reading(
            kind="opt_out",
            confidence="meaning",
            matched=text,
            event_type="opt_out",
            confirm=True,
            media=_media(text),
        )
    return None


def _media(text: str) -> tuple[str, ...]:
    return tuple(medium for medium, pattern in MEDIA if pattern.search(text) is not None)


def _doubt(text: str, hint: str | None) -> Reading:
    """A stop word among others, or what is nearly one, may mean anything: nothing more is sent until a person has read it."""
    match = STOPPING.search(text)
    found = _nearly(text, hint) if match is None else match[0]
    if found is None:
        return Reading(kind="message", confidence="meaning")
    return Reading(
        kind="unclear", confidence="unsure", matched=found, event_type="unclear_words", confirm=True
    )


SHORTEST_NEARLY = 4
"""Letters of a word of which a misspelling is recognised; shorter ones resemble too many others."""


def _nearly(text: str, hint: str | None) -> str | None:
    """The opt-out word, in English or the borrower's own language, of which the whole message is a misspelling: one letter is missing,
    added, another or out of its place, or a gap stands in it."""
    bare = "".join(one for one in text.split() if one not in COURTESY)
    own = OPT_OUT.get((hint or "").split("-")[0].lower(), frozenset())
    words = (one for one in sorted(OPT_OUT["en"] | own) if len(one) >= SHORTEST_NEARLY and one.isalpha())
    return next((one for one in words if len(bare) >= SHORTEST_NEARLY and _one_slip(bare, one)), None)


def _one_slip(said: str, meant: str) -> bool:
    """Whether one slip at most makes one word the other."""
    if abs(len(said) - len(meant)) > 1:
        return False
    start = next(
        (place for place, (one, other) in enumerate(zip(said, meant, strict=False)) if one != other),
        min(len(said), len(meant)),
    )
    left, right = said[start:], meant[start:]
    swapped = left[:2] == right[:2][::-1] and left[2:] == right[2:]
    return swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]
