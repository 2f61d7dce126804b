"""The words of the rules as a reader says them: events, channels, persons, windows and hours, in English and Chinese.

Rules speak in their own vocabulary (`opt_out`, `within 7 consecutive days`); what is not in the tables is said as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def said(name: str, value: Any, language: str) -> str:
    """A value as a reader says it; `name` is the place in the sentence, since a word may mean two things in two places."""
    if not isinstance(value, str):
        return str(value)
    if (instant := _INSTANT.fullmatch(value)) is not None:
        return f"{instant[1]} {instant[2]}{UTC[language]}"
    for key in (f"{name}:{value}", value):
        if language in WORDS.get(key, {}):
            return WORDS[key][language]
    if name in JOINED and " or " in value:
        return OR[language].join(said(name, one, language) for one in value.split(" or "))
    if language == "zh-CN":
        for pattern, form in PHRASES:
            if (match := pattern.fullmatch(value)) is not None:
                return match.expand(form)
        if name in DAYS_IN:
            return _DAY.sub(lambda match: DAY_NAMES[match[0]], value)
    return value.replace("_", " ") if re.fullmatch(r"[a-z_]+", value) else value


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)")
UTC = {"en": " UTC", "zh-CN": "（协调世界时）"}
JOINED = frozenset({"trigger"})
OR = {"en": " or ", "zh-CN": "或"}
DAYS_IN = frozenset({"hours", "named", "day"})
DAY_NAMES = {
    "mon": "周一", "tue": "周二", "wed": "周三", "thu": "周四", "fri": "周五", "sat": "周六", "sun": "周日", "daily": "每日", "holiday": "节假日",
    "none": "不得联系", "a Monday": "星期一", "a Tuesday": "星期二", "a Wednesday": "星期三", "a Thursday": "星期四", "a Friday": "星期五",
    "a Saturday": "星期六", "a Sunday": "星期日", "a holiday": "节假日",
}  # fmt: skip
_DAY = re.compile("|".join(rf"\b{name}\b" for name in sorted(DAY_NAMES, key=len, reverse=True)))
PHRASES = tuple(
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
)

WORDS: Mapping[str, Mapping[str, str]] = {
    # what is counted, and in which bucket
    "calls": {"zh-CN": "通话"},
    "contacts": {"zh-CN": "联系"},
    "attempts": {"zh-CN": "联系尝试"},
    "messages": {"zh-CN": "消息"},
    "message": {"zh-CN": "消息"},
    "reminders": {"zh-CN": "提醒"},
    "letters": {"zh-CN": "信函"},
    "conversations": {"zh-CN": "通话交谈"},
    "calls and texts": {"zh-CN": "通话和短信"},
    "consent requests": {"zh-CN": "征求同意的请求"},
    "effective calls": {"zh-CN": "有效通话"},
    "electronic messages": {"zh-CN": "电子消息"},
    "location call": {"zh-CN": "查找下落的通话"},
    "a call": {"zh-CN": "再次致电"},
    "contact": {"zh-CN": "再次联系"},
    "per borrower": {"zh-CN": "按借款人计"},
    "per number": {"zh-CN": "按号码计"},
    "per person called": {"zh-CN": "按被叫人计"},
    "per debt": {"zh-CN": "按每笔债务计"},
    "per account": {"zh-CN": "按账户计"},
    "per creditor": {"zh-CN": "按债权人计"},
    # triggers and channels
    "conversation": {"en": "a telephone conversation", "zh-CN": "电话交谈"},
    "reached": {"en": "a contact that reached the borrower", "zh-CN": "已联系到借款人的接触"},
    "sent": {"en": "a contact", "zh-CN": "联系"},
    "voice": {"en": "telephone", "zh-CN": "电话"},
    "voice_prerecorded": {"en": "prerecorded call", "zh-CN": "预录语音电话"},
    "ringless_vm": {"en": "ringless voicemail", "zh-CN": "无振铃语音留言"},
    "sms": {"en": "text message", "zh-CN": "短信"},
    "email": {"en": "e-mail", "zh-CN": "电子邮件"},
    "im": {"en": "instant message", "zh-CN": "即时消息"},
    "letter": {"en": "letter", "zh-CN": "信函"},
    # what happened
    "opt_out": {"en": "the borrower's opt-out", "zh-CN": "借款人的退订"},
    "cease": {
        "en": "the borrower's written request to cease communication",
        "zh-CN": "借款人要求停止联系的书面请求",
    },
    "attorney": {"en": "the notice that an attorney represents the borrower", "zh-CN": "律师代理通知"},
    "employer_prohibits": {
        "en": "the notice that the employer prohibits such contact",
        "zh-CN": "雇主禁止此类联系的通知",
    },
    "home_inconvenient": {
        "en": "the borrower's word that contact at home is inconvenient",
        "zh-CN": "借款人关于在家中不便接受联系的声明",
    },
    "contact_person_refused": {"en": "the contact person's refusal", "zh-CN": "联系人的拒绝"},
    "dispute": {"en": "the borrower's dispute of the debt", "zh-CN": "借款人对债务的异议"},
    "bankruptcy": {"en": "the bankruptcy filing", "zh-CN": "破产申请"},
    "deceased": {"en": "the report of the borrower's death", "zh-CN": "借款人去世的报告"},
    "hardship_request": {"en": "the borrower's hardship request", "zh-CN": "借款人的困难申请"},
    "wrong_number": {"en": "the report that the number is somebody else's", "zh-CN": "号码属于他人的报告"},
    "address_dead": {"en": "the report that the address is not in service", "zh-CN": "地址停用的报告"},
    "revoke_consent": {"en": "the borrower's revocation of consent", "zh-CN": "借款人撤回同意"},
    "unclear_words": {"en": "an unclear message from the borrower", "zh-CN": "借款人含义不明的消息"},
    "person_hold": {"en": "a hold placed by a person", "zh-CN": "人工冻结"},
    "promise_to_pay": {"en": "the borrower's promise to pay", "zh-CN": "借款人的还款承诺"},
    "payment": {"en": "the borrower's payment", "zh-CN": "借款人的还款"},
    "trigger:notice sent": {"en": "the notice was sent", "zh-CN": "通知发出"},
    "trigger:notice mailed": {"en": "the notice was mailed", "zh-CN": "通知寄出"},
    "trigger:became overdue": {"en": "the debt fell overdue", "zh-CN": "债务逾期"},
    "trigger:debtor unreachable": {"en": "the debtor was found unreachable", "zh-CN": "债务人失联"},
    "trigger:contact": {"en": "somebody was tried elsewhere", "zh-CN": "先尝试过其他联系方式"},
    "trigger:inbound": {"en": "a message from the borrower arrived", "zh-CN": "收到借款人来信"},
    "trigger:promise to pay": {"en": "the borrower promised to pay", "zh-CN": "借款人承诺还款"},
    # persons
    "to:consumer": {"en": "the borrower", "zh-CN": "借款人本人"},
    "to:spouse": {"en": "the borrower's spouse", "zh-CN": "借款人的配偶"},
    "to:guarantor": {"en": "a guarantor", "zh-CN": "担保人"},
    "to:attorney": {"en": "the borrower's attorney", "zh-CN": "借款人的律师"},
    "to:creditor": {"en": "the creditor", "zh-CN": "债权人"},
    "to:cra": {"en": "a consumer reporting agency", "zh-CN": "征信机构"},
    "to:contact person": {"en": "a contact person", "zh-CN": "联系人"},
    "to:relative": {"en": "a relative", "zh-CN": "亲属"},
    "to:sibling": {"en": "a brother or sister", "zh-CN": "兄弟姐妹"},
    "to:location third party": {
        "en": "a third party asked for the borrower's whereabouts",
        "zh-CN": "被询问借款人下落的第三人",
    },
    "to:executor": {"en": "an executor", "zh-CN": "遗产执行人"},
    "to:guardian": {"en": "a guardian", "zh-CN": "监护人"},
    "to:parent of minor": {"en": "a minor's parent", "zh-CN": "未成年人的父母"},
    # what a message carries, and on what occasion
    "element:optout notice": {"en": "a line that says how to opt out", "zh-CN": "退订方式说明"},
    "element:marketing": {"en": "marketing", "zh-CN": "营销内容"},
    "element:public": {"en": "words that others can see", "zh-CN": "他人可见的内容"},
    "being visible to others": {"zh-CN": "内容对他人可见"},
    "marketing in the message": {"zh-CN": "消息中的营销内容"},
    "the missing opt-out line": {"zh-CN": "缺少退订说明"},
    "what:work phone": {"en": "the number being a workplace's", "zh-CN": "号码属于工作单位"},
    "what:workplace": {"en": "the address being a workplace's", "zh-CN": "地址属于工作单位"},
    "what:employer email": {"en": "the mailbox being the employer's", "zh-CN": "邮箱属于雇主"},
    "what:instant message": {
        "en": "instant messages being no channel that the law permits",
        "zh-CN": "即时消息不属于法律允许的联系方式",
    },
    "what:bereavement": {"en": "a bereavement", "zh-CN": "丧事"},
    "what:calamity": {"en": "a calamity", "zh-CN": "灾害"},
    "what:marriage": {"en": "a marriage", "zh-CN": "婚礼"},
    "what:festival": {"en": "a festival", "zh-CN": "节庆"},
    # tiers
    "tier:before due": {"zh-CN": "到期前"},
    "tier:early": {"zh-CN": "早期"},
    "tier:middle": {"zh-CN": "中期"},
    "tier:late": {"zh-CN": "后期"},
}
