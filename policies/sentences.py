"""The sentences of findings, in every language that they are read in. A borrower's lawyer should understand each of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "clock.outside": {
        "en": "{time} on {date} in {zone} is outside the permitted hours {hours}",
        "zh-CN": "{zone} 当地时间 {date} {time} 不在允许的时段 {hours} 之内",
    },
    "clock.closed_day": {
        "en": "{date} in {zone} is {day}, a day on which no contact is permitted",
        "zh-CN": "{zone} 当地日期 {date} 为{day}，当日不得联系",
    },
    "clock.no_zone": {
        "en": "no time zone is known for the borrower, so that the local hour cannot be judged; a person must decide",
        "zh-CN": "无法得知借款人所在时区，不能判断当地时间;须由人工决定",
    },
    "clock.never": {
        "en": "no moment lies within the permitted hours {hours} in all of {zones} at once; a person must decide",
        "zh-CN": "没有任何时刻能同时处于 {zones} 的允许时段 {hours} 之内;须由人工决定",
    },
    "cap.full": {
        "en": "{used} of {limit} permitted {what} {window} have been made ({scope})",
        "zh-CN": "{window}内允许的 {limit} 次{what}已使用 {used} 次({scope})",
    },
    "cool_off.running": {
        "en": "{trigger} took place on {date}; {what} is permitted again {length} later, counting that day as the first",
        "zh-CN": "{date} 发生了{trigger};以该日为第一日起算,{length}后方可{what}",
    },
    "cool_off.hours": {
        "en": "{trigger} took place at {date}; {what} is permitted again {length} after it",
        "zh-CN": "{date} 发生了{trigger};此后满{length}方可{what}",
    },
    "gap.short": {
        "en": "the last {what} was on {date}; at least {days} days must lie between two",
        "zh-CN": "上一次{what}在 {date};两次之间至少须间隔 {days} 天",
    },
    "channel.exclusive": {
        "en": "the borrower was reached by {used} this week; another channel ({channel}) is not permitted before next week",
        "zh-CN": "本周已通过{used}联系到借款人;下周之前不得改用其他渠道({channel})",
    },
    "wait.running": {
        "en": "{trigger} on {date}; {days} days must pass before this message",
        "zh-CN": "{trigger}日期为 {date};须满 {days} 天后方可发送",
    },
    "wait.missing": {
        "en": "{trigger} has not happened yet, and must happen before this message",
        "zh-CN": "{trigger}尚未发生,发送本消息前必须先发生",
    },
    "consent.missing": {
        "en": "the borrower has given no consent to {channel}, which this rule requires",
        "zh-CN": "借款人未同意通过{channel}联系,而本规则要求事先同意",
    },
    "consent.revoked": {
        "en": "the borrower's consent to {channel} was revoked on {date}",
        "zh-CN": "借款人已于 {date} 撤回对{channel}的同意",
    },
    "consent.expired": {
        "en": "the borrower's consent to {channel} of {date} is more than {days} days old",
        "zh-CN": "借款人于 {date} 对{channel}的同意已超过 {days} 天",
    },
    "consent.reassigned": {
        "en": "the number was reported as reassigned on {date}; the earlier consent was another person's",
        "zh-CN": "该号码于 {date} 被报告已转让他人;此前的同意不再有效",
    },
    "bar.event": {
        "en": "{event} of {date} bars this message",
        "zh-CN": "{date} 的{event}禁止发送本消息",
    },
    "bar.proposal": {
        "en": "{what} bars this message",
        "zh-CN": "{what}禁止发送本消息",
    },
    "bar.hold": {
        "en": "{event} of {date} needs a person's decision before anything is sent",
        "zh-CN": "{date} 的{event}须由人工决定后方可发送",
    },
    "designation.inconvenient": {
        "en": "{time} on {date} in {zone} is a time that the borrower named as inconvenient ({named})",
        "zh-CN": "{zone} 当地时间 {date} {time} 属于借款人声明不便的时间({named})",
    },
    "one_shot.used": {
        "en": "the one {what} that the rule permits was sent on {date}",
        "zh-CN": "规则仅允许一次{what},已于 {date} 发送",
    },
    "recipient.barred": {
        "en": "a {to} may not be addressed with this message",
        "zh-CN": "不得就本消息联系{to}",
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
        "zh-CN": "“{tier}”层级(逾期 {days} 天)不使用{channel}渠道",
    },
    "rule.failed": {
        "en": "the rule could not be applied ({error}); a person must decide",
        "zh-CN": "规则无法适用({error});须由人工决定",
    },
    "search.none": {
        "en": "no instant before {limit} satisfies all rules at once; a person must decide",
        "zh-CN": "在 {limit} 之前没有任何时刻能同时满足所有规则;须由人工决定",
    },
    "search.expires": {
        "en": "the earliest permitted instant, {until}, lies after the notice expires at {expires}",
        "zh-CN": "最早允许的时刻 {until} 晚于通知失效时间 {expires}",
    },
}

LANGUAGES = ("en", "zh-CN")


def sentence(message: str, values: Mapping[str, Any], language: str) -> str:
    """The sentence with its numbers; a language that we do not speak is answered in English."""
    forms = SENTENCES[message]
    return forms.get(language, forms["en"]).format_map({name: _said(value, language) for name, value in values.items()})


def _said(value: Any, language: str) -> str:
    if isinstance(value, str):
        return WORDS.get(value, {}).get(language, value)
    return str(value)


WORDS: Mapping[str, Mapping[str, str]] = {
    "calls": {"zh-CN": "通话"},
    "contacts": {"zh-CN": "联系"},
    "messages": {"zh-CN": "消息"},
    "conversations": {"zh-CN": "通话交谈"},
    "conversation": {"en": "a telephone conversation", "zh-CN": "电话交谈"},
    "a call": {"zh-CN": "再次致电"},
    "voice": {"en": "telephone", "zh-CN": "电话"},
    "sms": {"en": "text message", "zh-CN": "短信"},
    "email": {"en": "e-mail", "zh-CN": "电子邮件"},
    "opt_out": {"en": "the borrower's opt-out", "zh-CN": "借款人的退订"},
    "cease": {"en": "the borrower's written request to cease communication", "zh-CN": "借款人要求停止联系的书面请求"},
    "attorney": {"en": "representation by an attorney", "zh-CN": "律师代理"},
    "dispute": {"en": "the borrower's dispute of the debt", "zh-CN": "借款人对债务的异议"},
    "bankruptcy": {"en": "the bankruptcy filing", "zh-CN": "破产申请"},
    "deceased": {"en": "the report of the borrower's death", "zh-CN": "借款人去世的报告"},
    "hardship_request": {"en": "the borrower's hardship request", "zh-CN": "借款人的困难申请"},
    "wrong_number": {"en": "the report that the number is somebody else's", "zh-CN": "号码属于他人的报告"},
    "address_dead": {"en": "the report that the address is not in service", "zh-CN": "地址停用的报告"},
    "unclear_words": {"en": "an unclear message from the borrower", "zh-CN": "借款人含义不明的消息"},
    "person_hold": {"en": "a hold placed by a person", "zh-CN": "人工冻结"},
}
