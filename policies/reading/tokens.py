"""A message as tokens: folded letters, one token per word, or per sign where a script sets no spaces.

Folding makes one of what people write for another: case, full width, accents, Arabic and Hebrew points, nasal
signs of India, traditional Chinese signs. The wordings in the data files pass through the same folding, so
that both sides always agree."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

LONGEST = 2_000
"""Characters that are looked at; a borrower's message has fewer."""

SHORTEST_SPELT = 3
"""Single letters in a row that are one word spelt out, as in `S T O P` or `s.t.o.p.`."""

ENDS = frozenset(".!?;\n।॥۔。！？；؟…")
"""Signs after which a new sentence begins."""
PAUSES = frozenset(",，、،:：-–—()（）")
"""Signs over which a negation does not reach."""
ASKING = frozenset("?？؟")
SHORTENED = frozenset({
    "ch", "chp", "mr", "mrs", "ms", "dr", "st", "sr", "sra", "lic", "hr", "ing", "prof", "nr",
    "num", "tel", "av", "ul", "sig", "vs", "jr", "inc", "திரு", "श्री",
})  # fmt: skip
"""Words that a stop shortens; it ends no sentence after them."""

_LETTERS: Mapping[str, str] = {
    "đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "ə": "e", "ك": "ک", "ي": "ی", "ى": "ی",
    "ة": "ه", "ہ": "ه", "ھ": "ه",
    "ۃ": "ه", "ە": "ه", "ے": "ی", "ں": "ن", "ٹ": "ت", "ٱ": "ا", "ـ": "", "ς": "σ", "ґ": "г",
    "\u093c": "", "\u09bc": "", "\u0a3c": "", "\u0abc": "",  # the dot under letters of India
    # nasal
    "\u0901": "", "\u0902": "", "\u0981": "", "\u0a01": "", "\u0a02": "", "\u0a70": "", "\u0a71": "",
    "\u0a81": "", "\u0a82": "",
    "ー": "", "～": "~",
}  # fmt: skip
_TRADITIONAL = (
    "請请發发電电話话訊讯還还貸贷錢钱債债務务們们這这個个麼么謝谢為为問问題题誰谁說说聽听對对錯错號号碼码認认識识來来會会時时間间週周後后"
    "過过開开關关無无沒没業业醫医師师訴诉議议擾扰煩烦滾滚簡简郵邮別别給给麻麻讓让請请訂订閱阅從从啟启動动車车機机壞坏斷断產产賬账帳账單单"
    "額额數数欠欠費费續续幫帮收收復复騙骗報报警警騷骚證证據据應应該该再再買买賣卖寫写傳传遞递聯联絡络繫系係系樣样幾几萬万兩两東东親亲媽妈"
    "爺爷孫孙兒儿處处離离經经約约點点結结終终詳详細细處处視视險险稅税聲声訟讼權权狀状態态將将嗎吗當当實实現现銀银匯汇轉转賠赔償偿緊紧難难"
    "傷伤療疗歲岁養养總总選选擇择隨随邊边壓压貼贴寧宁歡欢禮礼貴贵優优確确誤误檢检測测試试鐘钟遲迟緩缓減减領领資资裡里裏里筆笔麗丽學学國国"
    "門门長长見见書书馬马頭头體体風风飛飞語语課课談谈調调論论諾诺謊谎護护讀读變变貧贫購购賺赚輕轻較较輛辆輸输辦办運运達达違违適适遠远遷迁"
    "遺遗鄉乡鄰邻釋释針针鈔钞銷销鎖锁錄录鍵键鐵铁閉闭閒闲陣阵陽阳陰阴隊队階阶雖虽雙双雜杂雲云靈灵靜静頁页頂顶項项順顺須须預预頓顿顧顾顯显"
    "飯饭飲饮館馆驗验驚惊鬧闹鬥斗齊齐齡龄儘尽儲储億亿價价僅仅側侧備备勞劳勝胜勸劝區区協协卻却厭厌參参嚇吓嚴严囉啰圍围園园圖图團团執执場场"
    "夠够夢梦奪夺婦妇寶宝尋寻導导屆届屬属帶带幣币幹干庫库廠厂廢废廣广張张強强徹彻恥耻悶闷惡恶惱恼愛爱慘惨慣惯慮虑憂忧憑凭憐怜懇恳懲惩懷怀"
    "懶懒戀恋戰战戲戏戶户掃扫掛挂採采換换損损搶抢擁拥擊击擔担擠挤攔拦敗败敵敌曉晓曆历條条極极榮荣構构槍枪樂乐樓楼標标樹树檔档歷历歸归殘残"
    "殺杀氣气決决況况洩泄涼凉淚泪淨净準准滅灭滿满漲涨漸渐潔洁濫滥災灾煙烟熱热燈灯燒烧營营爭争獎奖獨独獲获環环畫画異异盜盗盡尽監监盤盘礙碍"
    "禍祸種种稱称穩稳窮穷竊窃競竞節节範范簽签籤签糾纠紀纪紅红納纳純纯紙纸級级紛纷組组絕绝統统綁绑維维網网緣缘編编練练縣县縮缩織织繳缴繼继"
    "罰罚罵骂羅罗義义習习職职聰聪脅胁腦脑腳脚臉脸臨临舊旧艱艰華华葉叶蓋盖藍蓝藝艺藥药蘇苏蘭兰術术衛卫衝冲裝装製制複复襲袭規规覺觉觸触計计"
    "討讨記记許许評评詐诈詢询誠诚財财貨货販贩貪贪責责賃赁賓宾賞赏賤贱質质贏赢趕赶趙赵軍军輩辈輪轮辭辞連连進进遊游鄭郑鄧邓鄒邹黃黄吳吴陳陈"
    "劉刘楊杨蔣蒋韓韩馮冯盧卢蕭萧龔龚銘铭鋼钢鏡镜鑰钥闆板陸陆際际隱隐頻频類类顏颜騎骑髒脏鬆松黨党齒齿"
    "刪删負负線线眾众衆众臺台佔占於于暫暂寬宽餘余僱雇脫脱棄弃毀毁殼壳溫温濕湿歎叹墳坟喪丧殯殡訃讣診诊虧亏賒赊縱纵腫肿貢贡詆诋誇夸諷讽謀谋謂谓貝贝貞贞賄贿賀贺軟软載载迴回躍跃鎮镇闊阔闖闯隻只雞鸡霧雾魚鱼鮮鲜鳥鸟聞闻"
    "肅肃聖圣綠绿緒绪縫缝羣群爲为牆墙牽牵犧牺獄狱疊叠瘋疯癱瘫癥症皺皱瞞瞒矯矫礦矿祕秘穀谷糞粪絲丝曬晒攜携擺摆捨舍慚惭憤愤懼惧恆恒徵征彎弯廁厕廳厅屢屡島岛奮奋壽寿嬰婴嘗尝囑嘱噓嘘啞哑賴赖餓饿飽饱糧粮傑杰凍冻劃划勵励"
    "厲厉呂吕嗆呛噴喷釣钓銳锐錘锤"
)
_SIMPLE: Mapping[str, str] = {_TRADITIONAL[at]: _TRADITIONAL[at + 1] for at in range(0, len(_TRADITIONAL), 2)}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a message, with what stood between them."""

    words: tuple[str, ...]
    sentence: tuple[int, ...]
    """The sentence that each token is of."""
    clause: tuple[int, ...]
    """The part between two signs of any kind that each token is of."""
    signs: frozenset[str]
    """Emoji of the message."""
    asks: bool
    """Whether a question mark stands in it."""
    capitals: frozenset[str] = frozenset()
    """Words within a sentence that begin with a capital, as names do."""

    def text(self, start: int = 0, end: int | None = None) -> str:
        """The folded words from one token to another."""
        return " ".join(self.words[start:end])


def tokens(message: str) -> Tokens:
    """The tokens of a message; whatever is no letter, digit or emoji ends a word."""
    words: list[str] = []
    places: list[tuple[int, int]] = []
    signs: set[str] = set()
    word: list[str] = []
    sentence = clause = 0
    plain = unicodedata.normalize("NFKC", message[:LONGEST]).casefold()
    plain = unicodedata.normalize("NFC", plain).replace("ʼ", "'")  # else it counts as a letter
    for at, one in enumerate(plain):
        kind = _kind(one)
        if kind == "in":
            word.append(one)
            continue
        if kind == "gone" or (one in "'’‘′`´" and _joins(plain, at)):
            continue
        shortens = one == "." and "".join(word) in SHORTENED
        _close(words, places, word, sentence, clause)
        if kind == "alone":
            words.append(_folded(one))
            places.append((sentence, clause))
        elif kind == "sign":
            signs.add(one)
            clause += 1
        elif not shortens:
            sentence += one in ENDS
            clause += one in ENDS or one in PAUSES
    _close(words, places, word, sentence, clause)
    words, places = _together(words, places)
    asks = not ASKING.isdisjoint(plain) or (";" in plain and _GREEK.search(plain) is not None)
    return Tokens(
        tuple(words),
        tuple(one for one, _ in places),
        tuple(one for _, one in places),
        frozenset(signs),
        asks,
        capitals(message[:LONGEST]),
    )


_CAPITAL = re.compile(r"(?<=[^\W\d_][\s,]\s)[^\W\d_]+|(?<=[^\W\d_]\s)[^\W\d_]+")


def capitals(message: str) -> frozenset[str]:
    """The folded words within a sentence that begin with a capital; none where all is written in capitals."""
    found = (match[0] for match in _CAPITAL.finditer(unicodedata.normalize("NFC", message)))
    return frozenset(fold(one.casefold()) for one in found if one[0].isupper() and one[1:].islower())


_GREEK = re.compile("[\u0370-\u03ff]")
"""Letters beside which a semicolon asks."""


def _close(
    words: list[str], places: list[tuple[int, int]], word: list[str], sentence: int, clause: int
) -> None:
    if word:
        for one in _SOUNDING.sub(_as_it_sounds, "".join(word)).split():
            for each in _SPOKEN.get(fold(one), (fold(one),)):
                if each:
                    words.append(each)
                    places.append((sentence, clause))
        word.clear()


_SPOKEN: Mapping[str, tuple[str, ...]] = {
    "wanna": ("want", "to"), "gonna": ("going", "to"), "gunna": ("going", "to"), "finna": ("going", "to"),
    "gotta": ("got", "to"), "hafta": ("have", "to"), "tryna": ("trying", "to"), "lemme": ("let", "me"),
    "gimme": ("give", "me"), "dunno": ("dont", "know"), "outta": ("out", "of"),
    "dinnae": ("dont",), "dinna": ("dont",), "cannae": ("cant",), "didnae": ("didnt",), "isnae": ("isnt",),
    "wasnae": ("wasnt",), "gonnae": ("going", "to"),
    "imma": ("im", "going", "to"), "nomore": ("no", "more"), "leaveme": ("leave", "me"),
}  # fmt: skip
"""English words that are written as they are spoken, each as the words that it is: a wording with them is the
wording without."""


_SOUNDING = re.compile(r"(?<=[a-z]{2})[24](?=[a-z]{2})")
"""Digits that stand for their sound between two words, as in `stop2end`."""


def _as_it_sounds(match: re.Match[str]) -> str:
    return {"2": " to ", "4": " for "}[match[0]]


def _together(words: list[str], places: list[tuple[int, int]]) -> tuple[list[str], list[tuple[int, int]]]:
    if len(words) >= SHORTEST_SPELT and all(len(one) == 1 and one.isascii() for one in words):
        return ["".join(words)], places[:1]
    return words, places


@lru_cache(maxsize=4096)
def _kind(one: str) -> str:
    """`in` a word, a word `alone`, an emoji (`sign`), `gone` without a trace, or a `gap`."""
    if (
        "\ufe00" <= one <= "\ufe0f"
        or "\U000e0000" <= one <= "\U000e01ef"
        or "\U0001f3fb" <= one <= "\U0001f3ff"
    ):
        return "gone"  # says how the sign before it looks, and is a mark of no letter
    category = unicodedata.category(one)
    if category in {"Cf", "Cc"}:
        return "gap" if one.isspace() else "gone"
    if _alone(one):
        return "alone" if category[0] in "LMN" else "gap"
    if category[0] == "L" or category in {"Mn", "Mc", "Nd"}:
        return "in"
    return "sign" if category == "So" else "gap"


def _alone(one: str) -> bool:
    return (
        "\u3040" <= one <= "\u30ff"
        or "\u3400" <= one <= "\u9fff"
        or "\uac00" <= one <= "\ud7a3"
        or "\u0e00" <= one <= "\u0e7f"
        or one == "々"
    )  # fmt: skip


_ENDINGS = re.compile(r"(?:t|s|m|d|re|ve|ll|em)(?!\w)")


def _joins(plain: str, at: int) -> bool:
    """Whether an apostrophe is inside an English contraction, which many write without one; elsewhere it ends
    a word."""
    return at > 0 and plain[at - 1].isalpha() and _ENDINGS.match(plain, at + 1) is not None


@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """One word as it is compared; letters that somebody leant on (`stooop`) stand once."""
    folded = "".join(_folded(one) for one in word)
    return _LEANT.sub(r"\1", folded)


_LEANT = re.compile(r"([^\W\d])\1{2,}")


@lru_cache(maxsize=4096)
def _folded(one: str) -> str:
    if one in _LETTERS:
        return _LETTERS[one]
    if one in _SIMPLE:
        return _SIMPLE[one]
    if one.isascii() or "\u3040" <= one <= "\u30ff" or "\uac00" <= one <= "\ud7a3":
        return one
    if unicodedata.category(one) == "Mn":
        return "" if one < "\u0900" else one
    return "".join(_LETTERS.get(each, each) for each in unicodedata.normalize("NFD", one) if _stays(each))


def _stays(one: str) -> bool:
    return unicodedata.category(one) != "Mn" or one >= "\u0900"
