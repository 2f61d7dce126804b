"""The sentences of findings, in every language that they are read in. A borrower's lawyer should understand
each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policies.rules.kinds import KINDS
from policies.vocabulary import said

_OF_THE_ENGINE: Mapping[str, Mapping[str, str]] = {
    "suppression.opt_out": {
        "en": "an opt-out came from this address on {date}: {channel} to it stops, whoever has the address",
        "zh-CN": "该地址已于 {date} 退订：无论地址属于谁，均不得向其发送{channel}",
        "es": (
            "desde esta dirección se pidió el {date} no recibir más mensajes: {channel} a ella se "
            "detiene, sea de quien sea"
        ),
    },
    "suppression.cease": {
        "en": (
            "a request to cease communication came from this address on {date}: nothing goes to it, "
            "whoever has the address"
        ),
        "zh-CN": "该地址已于 {date} 要求停止联系：无论地址属于谁，均不得向其联系",
        "es": (
            "desde esta dirección se pidió el {date} el cese de las comunicaciones: no se envía nada a "
            "ella, sea de quien sea"
        ),
    },
    "suppression.complaint": {
        "en": (
            "a complaint about our messages came from this address on {date}: {channel} to it stops, "
            "whoever has the address"
        ),
        "zh-CN": "该地址已于 {date} 投诉我方消息：无论地址属于谁，均不得向其发送{channel}",
        "es": (
            "desde esta dirección se presentó el {date} una queja por nuestros mensajes: {channel} a "
            "ella se detiene, sea de quien sea"
        ),
    },
    "suppression.wrong_number": {
        "en": (
            "whoever has this address said on {date} that it is not the borrower's: nothing goes to it "
            "until the address is confirmed"
        ),
        "zh-CN": "该地址的使用者已于 {date} 表示不是借款人：在地址得到确认之前不得联系",
        "es": (
            "quien tiene esta dirección dijo el {date} que no es la del deudor: no se envía nada hasta "
            "que se confirme"
        ),
    },
    "suppression.reassigned": {
        "en": (
            "this number was reported as reassigned on {date}: nothing goes to it until the address is "
            "confirmed"
        ),
        "zh-CN": "该号码已于 {date} 被报告转让他人：在地址得到确认之前不得联系",
        "es": "se informó el {date} de que este número se reasignó: no se envía nada hasta que se confirme",
    },
    "suppression.dead_address": {
        "en": (
            "this address was reported as not in service on {date}: {channel} to it stops until the "
            "address is confirmed"
        ),
        "zh-CN": "该地址已于 {date} 被报告停用：在地址得到确认之前不得发送{channel}",
        "es": (
            "se informó el {date} de que esta dirección no está en servicio: {channel} a ella se detiene "
            "hasta que se confirme"
        ),
    },
    "rule.failed": {
        "en": "the rule could not be applied ({error}); a person must decide",
        "es": "la regla no pudo aplicarse ({error}); debe decidir una persona",
        "zh-CN": "规则无法适用（{error}）；须由人工决定",
    },
    "place.military": {
        "en": (
            "the postal code is of military or diplomatic mail, which says that the borrower is abroad "
            "and not where; a person must decide"
        ),
        "es": "el código postal es de correo militar o diplomático, que dice que la persona está en el "
        "extranjero y no dónde; debe decidir una persona",
        "zh-CN": "该邮政编码属于军事或外交邮件，仅表明借款人身在国外而非何处；须由人工决定",
    },
    "place.no_zone_in_common": {
        "en": (
            "the stated time zone is none of those of the borrower's address, so that the local hour "
            "cannot be judged; a person must decide"
        ),
        "es": "la zona horaria indicada no es ninguna de las del domicilio, de modo que no se puede "
        "juzgar la hora local; debe decidir una persona",
        "zh-CN": "所述时区与借款人地址的时区不符，不能判断当地时间；须由人工决定",
    },
    "search.none": {
        "en": "no instant before {limit} satisfies all rules at once; a person must decide",
        "es": "ningún momento antes de {limit} cumple todas las reglas a la vez; debe decidir una persona",
        "zh-CN": "在 {limit} 之前没有任何时刻能同时满足所有规则；须由人工决定",
    },
    "search.expires": {
        "en": "the earliest permitted instant, {until}, is not before the notice expires at {expires}",
        "es": "el primer momento permitido, {until}, no es anterior al vencimiento del aviso, {expires}",
        "zh-CN": "最早允许的时刻 {until} 不早于通知失效时间 {expires}",
    },
}
SENTENCES: Mapping[str, Mapping[str, str]] = {
    **{name: texts for kind in KINDS.values() for name, texts in kind.SENTENCES.items()},
    **_OF_THE_ENGINE,
}
"""Every sentence by its name: those of the kinds, which stand with them, and those of the engine itself."""

LANGUAGES = ("en", "es", "zh-CN")


def sentence(message: str, values: Mapping[str, Any], language: str) -> str:
    """The sentence with its numbers; a language that we do not speak is answered in English."""
    spoken = language if language in LANGUAGES else "en"
    text = SENTENCES[message][spoken].format_map(
        {name: said(name, value, spoken) for name, value in values.items()}
    )
    for plural, singular in _ONE.get(spoken, ()):
        text = plural.sub(singular, text)
    return text


_ONE: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "en": ((re.compile(r"\b1 ((?:business )?day|hour|contact)s\b"), r"1 \1"),),
    "es": (
        (re.compile(r"\b1 días hábiles\b"), "1 día hábil"),
        (re.compile(r"\b1 (día|hora)s\b"), r"1 \1"),
    ),
}
"""The singular, where the number is one."""
