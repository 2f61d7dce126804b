"""What a mail server's refusal says about an address: its enhanced code (RFC 3463), and its words where it
gives none.

A mailbox is given up only for a code that speaks of the mailbox itself. Everything else (a full mailbox, a
listed sender, a policy, a rate) ends one delivery and says nothing about the next. Words are looked at in two
cases: where there is no enhanced code, and where one contradicts them, since some servers write 5.1.1 for
every 550."""

from __future__ import annotations

import re
from dataclasses import dataclass

DEAD = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
"""No such mailbox, no such domain, no such form of address, moved, a null MX (RFC 7505), disabled."""
GIVEN_TO_ANYTHING = frozenset({"5.1.1", "5.2.1"})
"""Codes that some servers write for every 550: words that blame the sender alone contradict them."""
DEAD_IF_OF_THE_RECIPIENT = frozenset({"5.4.1"})
"""No answer from the host; Microsoft says so of recipients that it does not know."""
MAILBOX_UNAVAILABLE = 550
"""RFC 5321 §4.2.3."""

LONGEST = 2_000
"""Characters of a server's words that are looked at."""
ENHANCED = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
"""An enhanced code in a text, and no part of an IP address."""
REPLY = re.compile(r"(?<![\w.:/])([45]\d\d)(?=[ :-]|$)", re.MULTILINE)
"""A reply code in a text."""
_ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?|https?://\S+|\[?\d{1,3}(?:\.\d{1,3}){3}\]?")
"""What names somebody, and may hold any word."""

_WHO = (
    r"(?:e-?mail |local |mail ?box |destination )?(?:recipients?|users?|mail ?box|account|addressee|inbox"
    r"|person|address(?:es)?|alias|local.?part)"
)
_RECIPIENT = re.compile(
    rf"\bno (?:such|valid) {_WHO}|\b(?:unknown|invalid|bad|non-?existent|undefined|inactive|disabled) {_WHO}"
    rf"|\b{_WHO}(?: name| here)?(?: that you tried to reach| you (?:are trying|entered)[\w ]*)?(?: "
    rf"\S{{1,64}})?"
    r"(?:[:,]? (?:is|was|are|has been|have been|does|do|seems|could|can|cannot))*"
    r" ?(?:not? (?:be )?(?:found|exist|known|valid|available|active|listed|recogni[sz]ed|local)|n'?t exist"
    r"|unknown|invalid|unavailable"
    r"|disabled|inactive|deactivated|suspended|closed|deleted|discontinued|terminated|expired|no longer"
    r"|undeliverable|non-?existent)"
    rf"|\b(?:not|n't) (?:find|know|have|recogni[sz]e) (?:an?y? |this |that |the |such )*{_WHO}"
    rf"|\bno {_WHO} (?:here|by that name|with that name|found)|\bnot a (?:valid|known|local) {_WHO}"
    rf"|\b{_WHO} does(?:n't| not) (?:exist|have)"
    r"|recipient(?: address)? rejected|recipientnotfound|\b(?:no mailbox|not our customer|not listed in "
    r"(?:domino|our)\b.*|there is no such)"
    r"|empf(?:ä|ae)nger (?:unbekannt|nicht gefunden|existiert nicht)|(?:postfach|benutzer|empf(?:ä"
    r"|ae)ngeradresse) (?:unbekannt|existiert nicht|nicht gefunden)"
    r"|(?:usuario|buz[oó]n|destinatario|cuenta|direcci[oó]n) (?:desconocid[oa]|no existe|inexistente"
    r"|inv[aá]lid[oa]|no encontrad[oa])|no existe (?:el|la|ese|este) (?:usuario|buz[oó]n|cuenta)"
    r"|(?:utilisateur|destinataire|bo[iî]te|adresse|compte) (?:inconnue?|inexistante?|introuvable|invalide"
    r"|n'existe pas)"
    r"|(?:usu[aá]rio|caixa postal|destinat[aá]rio|conta) (?:desconhecid[oa]|inexistente|inv[aá]lid[oa]"
    r"|n[aã]o (?:existe|encontrad[oa]))"
    r"|(?:utente|casella|destinatario|indirizzo) (?:sconosciut[oa]|inesistente|non (?:esiste|trovat[oa]))"
    r"|(?:пользовател\w+|ящик\w*|адресат\w*|получател\w+) (?:не (?:найден|существует|зарегистрирован)\w*"
    r"|неизвест\w+)|нет такого (?:пользователя|ящика|адреса)"
    r"|(?:nieznany|nie istnieje) (?:u[zż]ytkownik|skrzynka|adresat)|(?:gebruiker|ontvanger|postbus) "
    r"(?:onbekend|bestaat niet)"
    r"|(?:用户|用戶|收件人|邮箱|郵箱|信箱|账号|帐号|帳號)(?:名)?(?:不存在|未找到|无效|無效|不正确|已停用|被禁用)|(?:无此|無此|没有此|沒有此)(?:用户|用戶|收件人|邮箱"
    r"|信箱)"
    r"|(?:ユーザー?|宛先|メールアドレス|受信者)(?:が|は)?(?:不明|存在しません|見つかりません)"
    r"|(?:사용자|수신자|계정)(?:를|가|이)? ?(?:찾을 수 없|존재하지 않)",
    re.IGNORECASE,
)
"""Words that say of the recipient that there is none."""
_SENDER = re.compile(
    r"\b(?:sender|senders|from address|return.?path|reverse.?path|envelope.?from|mail from|your (?:ip|host"
    r"|server|domain|network|isp|sending|reverse))\b"
    r"|\b(?:ips?|listed|listing|block(?:ed|list\w*|ing)|black.?list\w*|deny.?list\w*|[rd]nsbl|rbl|spamhaus"
    r"|spamcop|barracuda|reputation|spam\w*|junk"
    r"|unsolicited|bulk|polic(?:y|ies)|prohibited|rate|throttl\w+|too (?:many|much|fast|quickly)|limits?|spf"
    r"|dkim|dmarc|ptr|rdns|helo|ehlo"
    r"|invalid dns|dns (?:mx|records?|resource)|resource records?|mx or a(?:/aaaa)?|a/aaaa|null mx"
    r"|authenticat\w+|virus|malware|content|attachments?|too (?:big|large|long)|size|gr[ea]ylist\w*"
    r"|tempor\w+|try again|later|tls|encrypt\w*|certificate"
    r"|full|quota|over.?quota|storage|insufficient|mail loop|hop count|too many hops)\b"
    r"|\brelay\w* (?:access )?(?:denied|not|prohibited)|\b(?:not|unable|cannot|can't|won't|refus\w+) (?:to "
    r")?(?:be )?relay|\bnot (?:allowed|permitted) to relay",
    re.IGNORECASE,
)
"""Words about the sender, the message or the moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A failure as one code, and whether the mailbox is to be given up."""

    code: str | None
    """The enhanced code where one is more than `5.0.0`, else the reply code, else what the status says."""
    dead: bool


def judge(status: str, words: str) -> Refusal:
    """Weigh a permanent failure. `status` is the field of a notification, or empty; `words` is what the
    server said, codes included.

    A status of 5.0.0 tells nothing, and then the code may stand in the words alone (Exim, OpenSMTPD)."""
    words = words[:LONGEST]
    stated = ENHANCED.search(status)
    said = next((one for one in ENHANCED.finditer(words) if one[1] != "2" and not _generic(one)), None)
    enhanced = said if stated is None or (_generic(stated) and said is not None) else stated
    reply = REPLY.search(words)
    if enhanced is not None and not _generic(enhanced):
        return Refusal(code=enhanced[0], dead=_dead(enhanced[0], words))
    dead = reply is not None and int(reply[1]) == MAILBOX_UNAVAILABLE and of_the_recipient(words)
    return Refusal(code=reply[1] if reply is not None else enhanced and enhanced[0], dead=dead)


def of_the_recipient(words: str) -> bool:
    """Whether a refusal's words say that there is no such recipient, and blame nothing else."""
    bare = _bare(words[:LONGEST])
    return _RECIPIENT.search(bare) is not None and _SENDER.search(bare) is None


def _dead(code: str, words: str) -> bool:
    if code in DEAD_IF_OF_THE_RECIPIENT:
        return of_the_recipient(words)
    bare = _bare(words)
    blamed = code in GIVEN_TO_ANYTHING and _SENDER.search(bare) is not None
    return code in DEAD and (not blamed or _RECIPIENT.search(bare) is not None)


def _generic(enhanced: re.Match[str]) -> bool:
    return (int(enhanced[2]), int(enhanced[3])) == (0, 0)


def _bare(words: str) -> str:
    return " ".join(_ADDRESS.sub(" ", words).replace("\u2019", "'").split())
