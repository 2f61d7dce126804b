"""The sentences of findings, in every language that they are read in. A borrower's lawyer should understand each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from policies.vocabulary import said

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "clock.outside": {
        "en": "{time} on {date} in {zone} is outside the permitted hours {hours}",
        "zh-CN": "{zone} 当地时间 {date} {time} 不在允许的时段（{hours}）之内",
    },
    "clock.closed_day": {
        "en": "{date} in {zone} is {day}, a day on which no contact is permitted",
        "zh-CN": "{zone} 当地日期 {date} 为{day}，当日不得联系",
    },
    "clock.no_zone": {
        "en": "no time zone is known for the borrower, so that the local hour cannot be judged; a person must decide",
        "zh-CN": "无法得知借款人所在时区，不能判断当地时间；须由人工决定",
    },
    "clock.never": {
        "en": "no moment lies within the permitted hours {hours} in all of {zones} at once; a person must decide",
        "zh-CN": "没有任何时刻能同时处于 {zones} 的允许时段（{hours}）之内；须由人工决定",
    },
    "cap.full": {
        "en": "{used} of {limit} permitted {what} {window} have been made ({scope})",
        "zh-CN": "{window}允许的 {limit} 次{what}已使用 {used} 次（{scope}）",
    },
    "cap.none": {
        "en": "no {what} are permitted ({scope})",
        "zh-CN": "不允许任何{what}（{scope}）",
    },
    "cool_off.running": {
        "en": "{trigger} took place on {date}; {what} is permitted again {length} later, counting that day as the first",
        "zh-CN": "{date} 发生了{trigger}；以该日为第一日起算，{length}后方可{what}",
    },
    "cool_off.hours": {
        "en": "{trigger} took place at {date}; {what} is permitted again {length} after it",
        "zh-CN": "{date} 发生了{trigger}；此后满{length}方可{what}",
    },
    "gap.short": {
        "en": "the last of the {what} was on {date}; the next is permitted {days} days after that date",
        "zh-CN": "上一次{what}在 {date}；下一次须在该日之后第 {days} 天起",
    },
    "channel.exclusive": {
        "en": "the borrower was already reached this week by {used}; another channel ({channel}) is not permitted before next Monday",
        "zh-CN": "本周已通过{used}联系到借款人；下周一之前不得改用其他渠道（{channel}）",
    },
    "wait.running": {
        "en": "{trigger} on {date}; this message is permitted {days} days after that date",
        "zh-CN": "{date} {trigger}；须在该日之后第 {days} 天起方可发送",
    },
    "wait.missing": {
        "en": "what must come before this message has not happened: {trigger}",
        "zh-CN": "发送本消息前必须发生的事项尚未发生：{trigger}",
    },
    "consent.missing": {
        "en": "the borrower has given no consent to contact by {channel}, which this rule requires",
        "zh-CN": "借款人未同意通过{channel}联系，而本规则要求事先同意",
    },
    "consent.revoked": {
        "en": "the borrower's consent to contact by {channel} was revoked on {date}",
        "zh-CN": "借款人已于 {date} 撤回对{channel}的同意",
    },
    "consent.expired": {
        "en": "the borrower's consent to contact by {channel} of {date} is more than {days} days old",
        "zh-CN": "借款人于 {date} 对{channel}的同意已超过 {days} 天",
    },
    "consent.reassigned": {
        "en": "the number was reported as reassigned on {date}; the earlier consent was another person's",
        "zh-CN": "该号码于 {date} 被报告已转让他人；此前的同意不再有效",
    },
    "bar.event": {
        "en": "{event} ({date}) bars this message",
        "zh-CN": "{event}（{date}）禁止发送本消息",
    },
    "bar.until": {
        "en": "{event} ({date}) bars this message until {until}",
        "zh-CN": "{event}（{date}）在 {until} 之前禁止发送本消息",
    },
    "bar.proposal": {
        "en": "{what} bars this message",
        "zh-CN": "{what}禁止发送本消息",
    },
    "bar.hold": {
        "en": "{event} ({date}) needs a person's decision before anything is sent",
        "zh-CN": "{event}（{date}）须由人工决定后方可发送",
    },
    "designation.inconvenient": {
        "en": "{time} on {date} in {zone} is a time that the borrower named as inconvenient ({named})",
        "zh-CN": "{zone} 当地时间 {date} {time} 属于借款人声明不便的时间（{named}）",
    },
    "one_shot.used": {
        "en": "the one {what} that the rule permits was sent on {date}",
        "zh-CN": "规则仅允许一次{what}，已于 {date} 发送",
    },
    "recipient.barred": {
        "en": "this message may not be addressed to {to}",
        "zh-CN": "不得向{to}发送本消息",
    },
    "content.missing": {
        "en": "the message lacks {element}, which it must carry",
        "zh-CN": "消息缺少必须包含的{element}",
    },
    "content.forbidden": {
        "en": "the message carries {element}, which it must not",
        "zh-CN": "消息包含禁止的{element}",
    },
    "tier.channel": {
        "en": '{channel} is not a channel of the tier "{tier}" ({days} days past due)',
        "zh-CN": "“{tier}”层级（逾期 {days} 天）不使用{channel}渠道",
    },
    "tier.template": {
        "en": 'the template "{template}" is not one of the tier "{tier}" ({days} days past due)',
        "zh-CN": "“{tier}”层级（逾期 {days} 天）不使用模板“{template}”",
    },
    "rule.failed": {
        "en": "the rule could not be applied ({error}); a person must decide",
        "zh-CN": "规则无法适用（{error}）；须由人工决定",
    },
    "search.none": {
        "en": "no instant before {limit} satisfies all rules at once; a person must decide",
        "zh-CN": "在 {limit} 之前没有任何时刻能同时满足所有规则；须由人工决定",
    },
    "search.expires": {
        "en": "the earliest permitted instant, {until}, is not before the notice expires at {expires}",
        "zh-CN": "最早允许的时刻 {until} 不早于通知失效时间 {expires}",
    },
}

LANGUAGES = ("en", "zh-CN")


def sentence(message: str, values: Mapping[str, Any], language: str) -> str:
    """The sentence with its numbers; a language that we do not speak is answered in English."""
    spoken = language if language in LANGUAGES else "en"
    text = SENTENCES[message][spoken].format_map(
        {name: said(name, value, spoken) for name, value in values.items()}
    )
    return _ONE.sub(r"1 \1", text)


_ONE = re.compile(r"\b1 (day|hour)s\b")
