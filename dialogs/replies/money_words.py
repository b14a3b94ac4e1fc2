"""The words around amounts of money: what opens and closes them, bounds them, and says per what they are.

Data for ``money``: the sentences themselves are read there.
"""

from __future__ import annotations

import re

from dialogs.replies.chatter import CASUAL_TAIL, about, words

_NOUNS = words("給料 お給料 給与 年金 生活費 毎月の給料 ボーナス 賞与 売上 売り上げ 仕送り 家賃")
LEAD = (
    *(f"{noun}{particle}" for noun in _NOUNS for particle in ("は", "が", "で", "の", "だけで", "のみで", " ", "")),
    *about("金額", "予算", "年収", "月収", "合計", "総額", "収入", "入金", "取引額", "取引金額"),
    *words("ちょうど だいたい 大体 おおよそ おおむね 概ね およそ 大よそ 約 ざっと ざっくり たぶん 多分"),
    *words("毎月 月に 月々 月額 一月に ひと月に ひと月 1か月 1ヶ月 月 手取りで 手取り てどり 月給"),
    *words("毎週 週に 1週間に 毎日 1日に"),
    *words(
        "年間で 年間 年に 毎年 1年間で 1年で 1年に 年 合計で 合計 全部で 年収 月収 平均して 平均 税込で 税込 金 jpy"
    ),
    *words("1回あたり 一回あたり 1回につき 一回につき 1回に 一回に 1回で 一回で 1回 一回 半年で 半年に 半年"),
    *("about ", "around ", "approximately ", "approx. ", "roughly ", "yen "),
)
#: Closing words after which the amount is still the number itself.
APPROXIMATE = (
    *words("くらい ぐらい 位 ほど 程度 程 前後 見当 くらいかな ぐらいかな かな かと かなあ かなぁ かねえ かねぇ"),
    *words("と思います と思う くらいだと思います だと思います だと思う やと思います やと思う です。多分 です。たぶん"),
    *words("ですかね やな どす といったところ ってところ ってとこ とか ちょうど ぴったり きっかり (税込)"),
    *words("内外 ちゃうかな じゃないかな ではないかな の年金 の給料 の給与 の売上 の収入 の仕送り の入金 の出金"),
    *(" a month", " per month", " monthly", " every month", " a year", " per year"),
    *words("の間 の範囲 のあいだ だけ になると思います になります"),
    *words("です かかります あります 也 なり ばかり 入ってます 入っています 入ります 使ってます 使っています 使います"),
    *words("動きます 出ます もらってます もらっています 送ってます 送っています 送ります"),
    *CASUAL_TAIL,
)
LITTLE_MORE = words("ちょいちょい ちょい ちょっと 強 余り あまり 余 ちょっとくらい とちょっと と少し ちょっと超え 少々")
UPWARDS, DOWNWARDS = words("以上 から ~"), words("以下 まで 以内 を超えない を超えません")
ABOVE = (
    *(mark + over for mark in ("", "を", "は") for over in words("超え 超える 超えます 上回る 上回ります")),
    *words("超 より多い より上 オーバー"),
)
BELOW = (
    *(
        mark + under
        for mark in ("", "を", "は")
        for under in words(
            "下回る 下回ります 切る 切ります いかない いきません ないくらい ないぐらい いかないくらい いかないぐらい"
        )
    ),
    *words("未満 より少ない より下 足らず ない位 に満たない に届かない に届きません もない もいかない もいきません"),
)
#: In front of the amount: a bound on one side.
AT_MOST = re.compile(
    r"^(?:最大(?:でも)?|最高(?:でも)?|上限は?|せいぜい|多くても?|高くても|いっても|up to |at most |max(?:imum)?\.? )"
)
AT_LEAST = re.compile(r"^(?:最低(?:でも)?|少なくとも|少なくても|下限は?|at least |min(?:imum)?\.? )")
#: At the end, where まで would lose its で as that of a dialect.
UP_TO = re.compile("まで(?=(?:です|だ|かな|くらい|ぐらい)?[。.]?$)")
#: 数万, 数十万: from two to nine of the unit.
SOME = re.compile(r"数(?P<unit>[十百千万億]+)円?")
#: 10万台 reaches to just below 20万.
REACH = re.compile(r"(?P<amount>.+?)円?[台代]")
ENGLISH_SIDES = (
    (re.compile(r"(?:between|from) (.+?) (?:and|to) (.+)"), r"\1~\2"),
    (re.compile(r"(?:under|below|less than) (.+)"), r"\1未満"),
    (re.compile(r"(?:over|above|more than) (.+)"), r"\1超"),
    (re.compile(r"(.+?) or (?:more|over|above)"), r"\1以上"),
    (re.compile(r"(.+?) or (?:less|under|below)"), r"\1以下"),
)
ENGLISH = re.compile(r"(\d[\d,]*(?:\.\d+)?) ?(thousand|million|billion|k|man|oku|sen)(?: ?en)?\b")

FIGURE = re.compile(r"[\d〇一二三四五六七八九十百千]")
_FIGURE_FOLLOWS = r"(?=[約¥\d〇一二三四五六七八九十百千])"
PERIODS = tuple(
    (re.compile(pattern), period)
    for pattern, period in (
        (r"月収|月給", "month_income"),
        (r"手取り|てどり", "take_home"),
        (r"年収", "year_income"),
        (rf"(?:1?年(?:間|額)?(?:に|で)?|毎年){_FIGURE_FOLLOWS}|/ ?年|(?:a|per) year", "year"),
        (r"(?:1|一)回(?:あたり|につき|に|で)?", "time"),
        (rf"(?:(?:毎週|1?週間?に?|1?日に|毎日|1日|半年[でに]?){_FIGURE_FOLLOWS})|/ ?[週日]", "other"),
        (
            rf"(?:毎月|月々|月額|(?:1か|1ヶ|ひと)?月(?:に|で)?){_FIGURE_FOLLOWS}|/ ?月|(?:a|per|every) month|monthly",
            "month",
        ),
    )
)
PER_MONTH = re.compile("/ ?[月年]$")
FOREIGN = re.compile(r"[$€£元₩]|ドル|ユーロ|ポンド|ウォン|ペソ|dollar|usd|eur|euro|pound|cny|人民元|バーツ")
YEN = re.compile(r"(?:円|圓|えん|エン|yen|jpy|¥)$")
MAN = re.compile(r"(?<=[\d〇一二三四五六七八九十百千.])(?:マン|まん)")
SEN = re.compile(r"(?<=[\d〇一二三四五六七八九十百])(?:セン|せん)")
OKU = re.compile(r"(?<=[\d〇一二三四五六七八九十百千.])(?:オク|おく)")
TO = re.compile(
    r"~|から|ないし|乃至|または|もしくは|か(?=[\d〇一二三四五六七八九十百千])| (?:to|or) "
    r"|(?<=[\d万億千百円])-(?=[\d〇一二三四五六七八九十百千¥])"
)
UNITS = re.compile("[十百千万億兆]+$")
NEIGHBOURS = re.compile(
    r"(?!\d{1,3},\d{3})([1-9一二三四五六七八九]0{0,2}) ?[,、・] ?([1-9一二三四五六七八九]0{0,2})(?P<unit>[十百千万億]+)"
)
#: What is done with the money, behind it: を毎月仕送りしてます.
DONE_WITH = re.compile(
    r"(?:を|が|は)?(?:毎月|月に|毎年|年に|大体|だいたい)?(?:仕送り|送金|振込|振り込み|貯金|入金|出金|積立|引き出し|支払い|預け入れ)?"
    r"(?:(?:引き出し|おろし|下ろし|払い|預け|入れ|受け取り|もらい|使い|し|送り|振り込み)(?:ます|てます|ています)"
    r"|(?:して|送って|払って|使って|もらって|受け取って|入って|出て|預けて|引き出して|いただいて)(?:い)?(?:ます|る))$"
)
#: Cut short: what follows the unit may be its thousands or its ones.
CUT_SHORT = re.compile(r"[億兆][\d,]+$|(?:[万千]\d{1,2}|[億兆万千][〇一二三四五六七八九])$")
#: Why it is so much, in front of the amount.
REASON = re.compile(
    r"^(?P<why>[^\d〇一二三四五六七八九十百千万億]{2,20}?)(?:ので|ため|んで|(?<=[代金費料])で)、?(?P<rest>.+)$"
)
NOTHING = re.compile("(?:ゼロ|ぜろ|0|〇|零)(?:円|万円|です|$)")
