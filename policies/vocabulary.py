"""The words of the rules as a reader says them: events, channels, persons, windows and hours, in English,
Spanish and Chinese.

Rules speak in their own vocabulary (`opt_out`, `within 7 consecutive days`); what is not in the tables is
said as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policies.lexicon import WORDS


def said(name: str, value: Any, language: str) -> str:
    """A value as a reader says it; `name` is the place in the sentence, since a word may mean two things in
    two places."""
    if not isinstance(value, str):
        return str(value)
    if (instant := _INSTANT.fullmatch(value)) is not None:
        return f"{instant[1]} {instant[2]}{UTC[language]}"
    for key in (f"{name}:{value}", value):
        if language in WORDS.get(key, {}):
            return WORDS[key][language]
    if name in JOINED and " or " in value:
        return OR[language].join(said(name, one, language) for one in value.split(" or "))
    for pattern, form in PHRASES.get(language, ()):
        if (match := pattern.fullmatch(value)) is not None:
            return match.expand(form)
    if name in DAYS_IN and language in DAY_NAMES:
        return _DAY.sub(lambda match: DAY_NAMES[language][match[0]], value)
    return value.replace("_", " ") if re.fullmatch(r"[a-z_]+", value) else value


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)")
UTC = {"en": " UTC", "es": " UTC", "zh-CN": "（协调世界时）"}
JOINED = frozenset({"trigger"})
OR = {"en": " or ", "es": " o ", "zh-CN": "或"}
DAYS_IN = frozenset({"hours", "named", "day"})
DAY_NAMES: Mapping[str, Mapping[str, str]] = {
    "es": {
        "mon": "lun", "tue": "mar", "wed": "mié", "thu": "jue", "fri": "vie", "sat": "sáb", "sun": "dom",
        "daily": "cada día", "holiday": "festivo", "none": "ninguna hora", "a Monday": "lunes",
        "a Tuesday": "martes",
        "a Wednesday": "miércoles", "a Thursday": "jueves", "a Friday": "viernes", "a Saturday": "sábado",
        "a Sunday": "domingo", "a holiday": "festivo",
    },
    "zh-CN": {
        "mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五",
        "sat": "周六", "sun": "周日",
        "daily": "每日", "holiday": "节假日", "none": "不得联系", "a Monday": "星期一", "a Tuesday": "星期二",
        "a Wednesday": "星期三", "a Thursday": "星期四", "a Friday": "星期五", "a Saturday": "星期六",
        "a Sunday": "星期日", "a holiday": "节假日",
    },
}  # fmt: skip
_DAY = re.compile("|".join(rf"\b{name}\b" for name in sorted(DAY_NAMES["zh-CN"], key=len, reverse=True)))
PHRASES: Mapping[str, tuple[tuple[re.Pattern[str], str], ...]] = {
    "es": tuple(
        (re.compile(pattern), form)
        for pattern, form in (
            (r"within (\d+) consecutive days", r"en \1 días seguidos"),
            (r"within (\d+) hours", r"en \1 horas"),
            (r"in one calendar day", "en un día natural"),
            (r"in one calendar week", "en una semana natural"),
            (r"in one calendar month", "en un mes natural"),
            (r"in all", "en total"),
            (r"(\d+) days", r"\1 días"),
            (r"(\d+) hours", r"\1 horas"),
        )
    ),
    "zh-CN": tuple(
        (re.compile(pattern), form)
        for pattern, form in (
            (r"within (\d+) consecutive days", r"连续 \1 天内"),
            (r"within (\d+) hours", r"\1 小时内"),
            (r"in one calendar day", "一个自然日内"),
            (r"in one calendar week", "一个自然周内"),
            (r"in one calendar month", "一个自然月内"),
            (r"in all", "总共"),
            (r"(\d+) days", r"\1 天"),
            (r"(\d+) hours", r"\1 小时"),
        )
    ),
}
