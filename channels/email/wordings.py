"""What mail servers say in words, in the languages in which they say it, where they write no status part."""

from __future__ import annotations

import re


def _any(*wordings: str) -> re.Pattern[str]:
    return re.compile("|".join(wordings), re.IGNORECASE)


REPORTS = _any(
    r"undeliver|un?deliverable|returned (?:mail|to sender)|return(?:ed)? receipt",
    r"(?:delivery|mail|message) (?:status|failure|failed|error|problem|delayed|has failed)",
    r"fail(?:ure|ed) (?:notice|delivery|mail|message)|could ?(?:not|n't) be (?:sent|delivered)",
    r"not delivered|rejected|bounce",
    r"unzustellbar|nicht zugestellt|onbestelbaar|non (?:remis|distribu)|[eé]chec",
    r"no (?:se )?(?:entreg|pud)|devuelt|n[aã]o entregue|falha (?:na|de) entrega",
    r"mancat[ao] (?:consegna|recapito)|recapitar|non consegnat|livrat",
    r"недоставлен|не доставлен|доставк|niedostarcz|niedor[ęe]cz|nedoru[čc]|k[ée]zbes[íi]thet",
    r"ol[ei]verer|ik?ke (?:leveret|levert)|toimittamat|μη παραδ",
    r"退信|无法投递|無法投遞|未送达|未傳遞|投递失败|配信不能|エラーメール|送信エラー|배달 실패|전송 실패",
    r"teslim edilem|iletilem|tidak terkirim|gagal (?:kirim|terkirim)|không (?:thể )?gửi|ไม่สามารถส่ง",
)
"""The subject of a report on a mail that did not arrive, or not yet."""
DELAYS = _any(
    r"\bdelay|\bdeferred\b|\bwarning\b|not yet been delivered|verz[öo]ger|noch nicht|\bwarnung",
    r"retras|demora|a[uú]n no|todav[ií]a no|retard|pas encore|ritard|non ancora|atras|ainda n[aã]o",
    r"задерж|ещ[её] не|отложен|op[óo][źz]n|jeszcze nie|vertraag|nog niet|gecik|hen[üu]z",
    r"延迟|延遲|暂时未|暫時未|尚未|遅延|지연|tertunda|tr[ìi] ho[ãa]n|ล่าช้า",
)
"""The subject of one that says: not yet."""
TRYING = _any(
    r"not yet been|noch nicht|a[uú]n no|todav[ií]a no|pas encore|non ancora|ainda n[aã]o|ещ[её] не",
    r"jeszcze nie|nog niet|hen[üu]z|尚未|まだ|\bwill (?:keep trying|retry|be retried|continue|try again)",
    r"(?:attempts|trying) (?:will )?continue|further attempts|weitere versuche|erneut versucht",
    r"(?:volver[áa]|seguir[áa]) a? ?intent|reintent|r[ée]essa|nouvelles? tentatives?|riprover",
    r"tentar[áae]\w* novamente|попытки|继续尝试|繼續嘗試|再試行|再送|다시 시도|ponowi|opnieuw geprobeerd",
    r"tekrar dene|akan dicoba",
)
"""What a server says of itself that has not given up."""
FAILS = _any(
    r"undeliver(?:ed|able)|(?:could|can|was|were) ?(?:not|n't) (?:be )?deliver|unable to deliver",
    r"not delivered|permanent(?:ly)? (?:fail|fatal|error)|failed permanently|delivery (?:has )?failed",
    r"nicht zugestellt|no se (?:ha podido|pudo) entregar|no (?:fue|ha sido) entregad|n'a pas (?:pu|été)",
    r"n[ãa]o (?:p[ôo]de|foi poss[íi]vel|foi|ser) (?:ser )?entreg|non (?:è|e') stat[oa] consegnat",
    r"non consegnat|impossibile (?:consegnar|recapitar)|не (?:может быть |была? )?доставлен",
    r"не удалось (?:доставить|отправить)|nie (?:zosta[łl]\w*|mo[żz]na) (?:dostarcz|dor[ęe]cz)",
    r"kon niet (?:worden )?(?:bezorgd|afgeleverd)|kunde inte levereras|teslim edilem",
    r"无法(?:投递|送达)|無法(?:投遞|送達)|投递失败|被退回|(?:配信|送信|配達)できません",
    r"전송되지 않|배달되지 않|không (?:thể )?(?:được )?gửi|tidak (?:dapat|bisa) (?:di|ter)kirim",
)
"""What it says of a mail that it gave up, where it names no code."""
