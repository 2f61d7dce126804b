"""Why a message came as it did, for the borrower it went to; and why none came, for those who look after the
lender."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.learning.arms import NONE, Segment, band_of, channel_of

LANGUAGES = ("en", "es", "zh-CN")

_CHANNELS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "en": {"sms": "text", "email": "e-mail", "voice": "telephone"},
        "es": {"sms": "mensaje de texto", "email": "correo electrónico", "voice": "teléfono"},
        "zh-CN": {"sms": "短信", "email": "电子邮件", "voice": "电话"},
    }
)
_ANSWERED = {
    "en": "We wrote by {channel} because you last answered us by {answered}.",
    "es": "Le escribimos por {channel} porque usted nos respondió la última vez por {answered}.",
    "zh-CN": "我们通过{channel}联系您，因为您上次是通过{answered}回复我们的。",
}
_BY_CHANNEL = {
    "en": "We wrote by {channel}, which people in the same stage most often answer.",
    "es": "Le escribimos por {channel}, que es a lo que más responden las personas en la misma etapa.",
    "zh-CN": "我们通过{channel}联系您，处于同一阶段的人最常回复这种方式。",
}
_BY_LOT = {
    "en": "The channel ({channel}) and the part of the day ({band}) were drawn by lot among those that your "
    "law allows, so that we can learn which"
    " of them disturb least.",
    "es": "El canal ({channel}) y la parte del día ({band}) se sortearon entre los que su ley permite, para "
    "saber cuáles molestan menos.",
    "zh-CN": "联系方式（{channel}）和时段（{band}）是在法律允许的范围内抽签决定的，以便了解哪一种打扰最少。",
}
_HOURS = {
    "en": "Within the hours that your law allows we chose the part of the day ({band}) in which people in "
    "the same stage most often answer.",
    "es": "Dentro del horario que su ley permite elegimos la parte del día ({band}) en la que más responden "
    "las personas en la misma etapa.",
    "zh-CN": "在法律允许的时间内，我们选择了同一阶段的人最常回复的时段（{band}）。",
}
_RESTRAINT = {
    "en": "This time we sent you nothing.",
    "es": "Esta vez no le enviamos nada.",
    "zh-CN": "这一次我们没有向您发送任何消息。",
}
_PLAIN = {
    "en": "We used our usual order of channels, at the first hour that your law allows. Nothing was chosen "
    "by what you did before.",
    "es": "Usamos nuestro orden habitual de canales, en la primera hora que su ley permite. Nada se eligió "
    "por lo que usted hizo antes.",
    "zh-CN": "我们按照通常的联系顺序，在法律允许的最早时间与您联系。没有根据您以往的行为作出选择。",
}
_NO_PART = {
    "en": "Your name, language, address and amount play no part.",
    "es": "Su nombre, idioma, dirección e importe no influyen.",
    "zh-CN": "您的姓名、语言、地址和金额均不参与选择。",
}
_OBJECT = {
    "en": "You can ask us to stop choosing: answer this message or get in touch{contact}; we then use the "
    "usual order.",
    "es": "Puede pedirnos que dejemos de elegir: responda a este mensaje o póngase en contacto{contact}; "
    "entonces usaremos el orden habitual.",
    "zh-CN": "您可以要求我们停止这种选择：回复本消息或与我们联系{contact}，之后我们将采用通常的顺序。",
}
_REACHED = {"en": " ({contact})", "es": " ({contact})", "zh-CN": "（{contact}）"}


def why(language: str, *, group: str, segment: Segment | None, arm: str, contact: str | None) -> str:
    """The sentences for the borrower, in `en`, `es` or `zh-CN` (English for any other). `group`: how the
    round came about."""
    said = language if language in LANGUAGES else _nearest(language)
    reached = "" if contact is None else _REACHED[said].format(contact=contact)
    ending = [_OBJECT[said].format(contact=reached)]
    if group not in {"learned", "chance"} or segment is None:
        return _joined(said, [_PLAIN[said]])
    if arm == NONE:
        return _joined(said, [_RESTRAINT[said], _NO_PART[said], *ending])
    channel, band = channel_of(arm) or "", band_of(arm) or ""
    words = {"channel": _CHANNELS[said].get(channel, channel), "band": band}
    if group == "chance":
        return _joined(said, [_BY_LOT[said].format(**words), _NO_PART[said], *ending])
    if segment.answered_on == channel:
        first = _ANSWERED[said].format(**words, answered=_CHANNELS[said][channel])
    else:
        first = _BY_CHANNEL[said].format(**words)
    return _joined(said, [first, _HOURS[said].format(**words), _NO_PART[said], *ending])


def _nearest(language: str) -> str:
    head = language.partition("-")[0].lower()
    return {"es": "es", "zh": "zh-CN"}.get(head, "en")


def _joined(language: str, sentences: list[str]) -> str:
    return ("" if language == "zh-CN" else " ").join(sentences)


_COUNTS = ("no message", "one message", "two messages", "three or more messages")


def restraint_reason(segment: Segment) -> str:
    """The finding of a round in which nothing is sent."""
    if segment.unanswered == 0:
        return "people in the same stage are not helped by a message now; nothing is sent this time"
    went = "went" if segment.unanswered > 0 else "go"
    return f"{_COUNTS[segment.unanswered]} {went} unanswered in 28 days; nothing is sent this time"
