"""Our own phrases in every language: contact, opt-out lines, disclosures."""

from __future__ import annotations

from collections.abc import Mapping

PHRASES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "call": "call {phone}",
        "write": "write to {email}",
        "visit": "see {url}",
        "or": " or ",
        "reply": "reply to this message",
        "mini_miranda": "This is an attempt to collect a debt, and any information obtained will be used "
        "for that purpose. ",
        "debt_collector": "This message is from a debt collector. ",
        "customer": "our customer",
        "opening": (
            "Hello, this is {creditor} with a message for {person}. If you are {person}, press 1. "
            "If you do not want to be called at this number again, press 9."
        ),
        "message": "This is {creditor} with a message for {person}. Please {contact}. Thank you. Goodbye.",
        "no_more_calls": "You will not be called at this number again. Goodbye.",
    },
    "zh-CN": {
        "call": "致电 {phone}",
        "write": "写信至 {email}",
        "visit": "访问 {url}",
        "or": "或",
        "reply": "回复本消息",
        "mini_miranda": "本消息旨在催收债务，所获信息将用于该目的。",
        "debt_collector": "本消息由催收机构发送。",
        "customer": "我们的客户",
        "opening": (
            "您好，这里是{creditor}，有一则消息给{person}。如果您是{person}本人，请按 "
            "1。如不希望再接到来电，请按 9。"
        ),
        "message": "这里是{creditor}，有一则消息给{person}。请{contact}。谢谢，再见。",
        "no_more_calls": "我们不会再拨打此号码。再见。",
    },
    "es": {
        "call": "llame al {phone}",
        "write": "escriba a {email}",
        "visit": "vea {url}",
        "or": " o ",
        "reply": "responda a este mensaje",
        "mini_miranda": "Este es un intento de cobrar una deuda y la información que se obtenga se usará "
        "para ese fin. ",
        "debt_collector": "Este mensaje es de un cobrador de deudas. ",
        "customer": "nuestro cliente",
        "opening": (
            "Hola, somos {creditor} con un mensaje para {person}. Si usted es {person}, pulse 1. "
            "Si no desea recibir más llamadas en este número, pulse 9."
        ),
        "message": "Somos {creditor} con un mensaje para {person}. Por favor, {contact}. Gracias. Adiós.",
        "no_more_calls": "No volveremos a llamar a este número. Adiós.",
    },
}


def contact_line(phrases: Mapping[str, str], phone: str | None, email: str | None, url: str | None) -> str:
    """How to reach the lender; where nothing is known, by answering."""
    ways = []
    if phone:
        ways.append(phrases["call"].format(phone=phone))
    if email:
        ways.append(phrases["write"].format(email=email))
    if url and not ways:
        ways.append(phrases["visit"].format(url=url))
    return phrases["or"].join(ways) or phrases["reply"]
