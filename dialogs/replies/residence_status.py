"""在留資格 in Japanese, English or by its usual short name becomes a code.

Source: appended tables I and II of the Immigration Control Act, and the special act for special
permanent residents.  育成就労 begins on 1 April 2027.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from dialogs.japanese.numerals import arabic
from dialogs.japanese.width import fold
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, WRITTEN, about, opening, strip_chatter
from dialogs.replies.problems import problem
from dialogs.replies.sentences import is_harmless

#: Code -> (Japanese, English, further spellings).
STATUSES: Mapping[str, tuple[str, str, tuple[str, ...]]] = MappingProxyType(
    {
        "permanent_resident": ("永住者", "Permanent Resident", ("永住", "永住権", "永住ビザ", "一般永住者", "pr")),
        "special_permanent_resident": ("特別永住者", "Special Permanent Resident", ("特別永住", "特永")),
        "spouse_of_japanese": (
            "日本人の配偶者等",
            "Spouse or Child of Japanese National",
            ("日本人の配偶者", "日本人配偶者", "日配", "spouse of japanese national", "spouse of japanese"),
        ),
        "spouse_of_permanent_resident": (
            "永住者の配偶者等",
            "Spouse or Child of Permanent Resident",
            ("永住者の配偶者", "永住者配偶者", "永配", "spouse of permanent resident"),
        ),
        "long_term_resident": ("定住者", "Long-Term Resident", ("定住", "定住ビザ", "long term resident")),
        "diplomat": ("外交", "Diplomat", ()),
        "official": ("公用", "Official", ()),
        "professor": ("教授", "Professor", ()),
        "artist": ("芸術", "Artist", ()),
        "religious_activities": ("宗教", "Religious Activities", ()),
        "journalist": ("報道", "Journalist", ()),
        "highly_skilled_professional": (
            "高度専門職",
            "Highly Skilled Professional",
            (
                "高度専門職1号",
                "高度専門職2号",
                "高度人材",
                "高度専門職1号イ",
                "高度専門職1号ロ",
                "高度専門職1号ハ",
                "hsp",
            ),
        ),
        "business_manager": ("経営・管理", "Business Manager", ("経営管理", "経営管理ビザ", "投資・経営")),
        "legal_accounting": (
            "法律・会計業務",
            "Legal/Accounting Services",
            ("法律会計業務", "legal accounting services"),
        ),
        "medical_services": ("医療", "Medical Services", ()),
        "researcher": ("研究", "Researcher", ()),
        "instructor": ("教育", "Instructor", ()),
        "engineer_humanities_international": (
            "技術・人文知識・国際業務",
            "Engineer/Specialist in Humanities/International Services",
            ("技人国", "技術人文知識国際業務", "技術人文国際", "ぎじんこく", "人文知識・国際業務", "engineer"),
        ),
        "intra_company_transferee": ("企業内転勤", "Intra-company Transferee", ("intra company transferee",)),
        "nursing_care": ("介護", "Nursing Care", ()),
        "entertainer": ("興行", "Entertainer", ()),
        "skilled_labor": ("技能", "Skilled Labor", ("skilled labour",)),
        "specified_skilled_worker": (
            "特定技能",
            "Specified Skilled Worker",
            ("特定技能1号", "特定技能2号", "tokutei ginou", "ssw"),
        ),
        "technical_intern": (
            "技能実習",
            "Technical Intern Training",
            ("技能実習1号", "技能実習2号", "技能実習3号", "実習生", "技能実習生", "technical intern"),
        ),
        "employment_for_skill_development": ("育成就労", "Employment for Skill Development", ("育成就労1号",)),
        "cultural_activities": ("文化活動", "Cultural Activities", ()),
        "temporary_visitor": ("短期滞在", "Temporary Visitor", ("観光ビザ", "短期", "tourist")),
        "student": ("留学", "Student", ("留学生", "留学ビザ", "学生ビザ", "student visa")),
        "trainee": ("研修", "Trainee", ()),
        "dependent": ("家族滞在", "Dependent", ("家滞", "家族滞在ビザ", "dependent visa")),
        "designated_activities": ("特定活動", "Designated Activities", ("特活", "特定活動ビザ")),
    }
)
#: Further ways to say them, kana for those who write no kanji.
_ALSO: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "permanent_resident": ("一般永住", "permanent", "えいじゅう", "えいじゅうしゃ", "えいじゅうけん"),
        "special_permanent_resident": ("special permanent", "とくべつえいじゅう", "とくべつえいじゅうしゃ"),
        "spouse_of_japanese": (
            "日本人の配偶者ビザ",
            "spouse or child of a japanese national",
            "spouse of a japanese national",
            "japanese spouse",
            "にほんじんのはいぐうしゃ",
        ),
        "spouse_of_permanent_resident": (
            "永住者の配偶者ビザ",
            "spouse or child of a permanent resident",
            "えいじゅうしゃのはいぐうしゃ",
        ),
        "long_term_resident": ("long term", "long-term", "ていじゅう", "ていじゅうしゃ", "告示外定住"),
        "engineer_humanities_international": (
            "技術",
            "人文知識",
            "国際業務",
            "人文国際",
            "技術人文",
            "技術国際",
            "humanities",
            "international services",
            "specialist in humanities",
            "engineer specialist in humanities international services",
        ),
        "student": ("りゅうがく", "りゅうがくせい"),
        "dependent": ("家族ビザ", "family stay", "dependant", "かぞくたいざい"),
        "designated_activities": ("ワーホリ", "ワーキングホリデー", "working holiday", "とくていかつどう"),
        "specified_skilled_worker": ("とくていぎのう", "特定技能外国人"),
        "technical_intern": ("ぎのうじっしゅう", "ぎのうじっしゅうせい", "technical intern trainee"),
        "business_manager": ("投資経営", "business management", "management", "けいえいかんり"),
        "skilled_labor": ("調理師ビザ", "コックビザ", "ぎのう"),
        "intra_company_transferee": ("企業内転勤ビザ", "intra-company transfer", "きぎょうないてんきん"),
        "temporary_visitor": ("観光", "たんきたいざい", "short stay"),
        "diplomat": ("外交官",),
        "nursing_care": ("介護福祉士", "かいご"),
        "instructor": ("きょういく",),
        "professor": ("きょうじゅ",),
        "highly_skilled_professional": ("高度専門", "高度専門職ビザ", "highly skilled", "こうどせんもんしょく"),
        "employment_for_skill_development": ("いくせいしゅうろう",),
        "medical_services": ("medical",),
        "religious_activities": ("religious",),
        "legal_accounting": ("法律", "会計"),
    }
)
#: Words that several statuses share: never taken, asked back.
_AMBIGUOUS = frozenset(
    map(
        fold,
        (
            "配偶者",
            "配偶者等",
            "配偶者ビザ",
            "結婚ビザ",
            "就労",
            "就労ビザ",
            "ワーキングビザ",
            "実習",
            "就労資格",
            "work visa",
            "working visa",
            "work permit",
            "spouse",
            "spouse visa",
            "特定",
        ),
    )
)

_LEAD = (
    *about("在留資格", "資格", "ビザ", "ビザの種類", "status of residence", "residence status", "status", "visa"),
    *(
        "在留資格",
        "在留カードには",
        "在留カードに",
        "カードには",
        "カードに",
        "my visa is ",
        "my status is ",
        "i am a ",
        "i'm a ",
        "i'm an ",
        "i am ",
        "i'm ",
        "permit: ",
        "i am an ",
        "i have a ",
    ),
)
_TAIL = (
    *("の資格", "の在留資格", "ビザ", "の在留カード", " visa", " status"),
    *("を持っています", "を持ってます", "持っています", "持ってます", "を持ってる", "持ってる", "があります", "あり"),
    *(
        "で在留しています",
        "で滞在しています",
        "で住んでいます",
        "で来ています",
        *WRITTEN,
    ),
    *CASUAL_TAIL,
)
#: Which number or section of a status it is does not change the status: 特定技能第1号, 高度専門職1号ロ, (ii).
_SECTION = re.compile(r" ?\(?(?:第? ?\d{1,2} ?号? ?[イロハいろは]?|no\.? ?\d|(?<![a-z])i{1,3}(?:\) ?\([a-c])?)\)?$")
_WITH_SECTIONS = frozenset(
    (
        *("specified_skilled_worker", "technical_intern", "highly_skilled_professional", "designated_activities"),
        "employment_for_skill_development",
    )
)
_MARKS = re.compile(r"[・/、,\- ]")


_HERE = "(?:日本|にほん)?(?:に|で|は)?"
_KIND = "(?:の)?(?:在留)?(?:びざ|資格|許可|権|者|かーど|すてーたす|visa)?"
_BEFORE_STATUS = re.compile(
    f"(?:(?:私|わたし|わたくし|僕|俺|うち|今|いま|現在|今年|今も|ずっと|在留資格|在留かーど|資格|びざ)(?:は|の|も|に|には|が|で)?)*{_HERE}"
)
_FIELDS = (
    "外食|外食業|介護|建設|農業|漁業|宿泊|製造|飲食料品製造|飲食料品製造業|造船|造船舶用工業|自動車整備|航空|びるくりーにんぐ"
    "|自動車運送業|鉄道|林業|木材産業|看護|調理"
)
#: How long, which section, in which field: none of it makes it another status.
_NUMBERED = re.compile("の?第?[1-3一二三]号")
_DAYS_AND_SECTIONS = re.compile("(?:の?[(]?第?[1-3一二三]号[)]?[いろはイロハ]?)|[0-9]{1,3}(?:日間?|年間?|か月|ヶ月)")
_DONE = (
    "(?:もらって|もろて|頂いて|いただいて|取得して|取って|受けて|得て|持って|働いて|勤めて|住んで|暮らして|滞在して|在留して|来て|きて"
    "|入国して|生活して|過ごして|勉強して|おって|って)?(?:います|いる|おります|ます|る|来ました|きました|来た|きた"
    "|入国しました|もらいました|取りました|取得しました|取得済み|持ってます|あります|ある|です|だ|ですよ)?"
)
_AFTER_STATUS = re.compile(
    f"(?:の?[(]?第?[1-3一二三]号[)]?[いろは]?|の?[(]?[0-9]{{1,3}}(?:日間?|年間?|か月|ヶ月)[)]?|の?[(]?(?:{_FIELDS})[)]?(?:分野|業)?)*"
    f"{_KIND}(?:の|を|で|が|として|に|は|により)*(?:許可|資格|在留資格|びざ)?(?:を|で|が|も)?{_HERE}{_DONE}"
)


def _index() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for code, (japanese, english, others) in STATUSES.items():
        for word in (japanese, english, *others, *_ALSO.get(code, ())):
            found[_key(word)] = code
    return MappingProxyType(found)


def _key(word: str) -> str:
    return _MARKS.sub("", fold(word))


_BY_WORD = _index()
_LONGEST_WORD = max(map(len, _BY_WORD))


def read_residence_status(text: str, context: ReplyContext) -> Parsed | Problem:
    """The code of a status of residence; the display is its official name."""
    plain = opening("residence_status", text, context)
    if isinstance(plain, Problem):
        return plain
    opened = strip_chatter(plain, lead=_LEAD)
    for word in (plain, opened, strip_chatter(opened, tail=CASUAL_TAIL), strip_chatter(opened, tail=_TAIL)):
        code = _code(word) or _code(word.strip("()")) or _without_section(word)
        if fold(word) in _AMBIGUOUS or code == "":
            return problem("residence_status.ambiguous", context)
        if code:
            return Parsed(value=code, display=status_name(code, context.locale))
    if code := _in_sentence(plain):
        return Parsed(value=code, display=status_name(code, context.locale))
    return problem("residence_status.unknown", context)


def _in_sentence(plain: str) -> str | None:
    """The one status that a sentence names and says nothing else of: 留学で来ました, 永住の許可をもらっています."""
    said = _key(plain.strip("。 "))
    named = {
        said[start : start + length]: (start, start + length)
        for length in range(2, _LONGEST_WORD + 1)
        for start in range(len(said) - length + 1)
        if said[start : start + length] in _BY_WORD
    }
    spans = [
        span
        for span in named.values()
        if not any(other != span and other[0] <= span[0] and span[1] <= other[1] for other in named.values())
    ]
    if len(spans) == 2:
        # 特定技能(介護): the field of a skilled worker has the name of another status.
        first, second = sorted(spans)
        in_field = _BY_WORD[said[slice(*first)]] == "specified_skilled_worker" and said[slice(*second)] in _FIELDS
        spans = [first] if in_field else spans
    if len(spans) != 1 or said.count(said[slice(*spans[0])]) != 1:
        return None
    start, end = spans[0]
    if not _BEFORE_STATUS.fullmatch(said[:start]) or not _AFTER_STATUS.fullmatch(said[end:]):
        return None
    if not is_harmless(_DAYS_AND_SECTIONS.sub("", said[:start] + said[end:]).replace("日本", "")):
        return None
    code = _BY_WORD[said[start:end]]
    numbered = _NUMBERED.match(said[end:]) is not None
    return code if code in _WITH_SECTIONS or not numbered else None


def _code(word: str) -> str | None:
    return _BY_WORD.get(_key(word))


def _without_section(word: str) -> str | None:
    """The code of 特定技能1号 by 特定技能; empty where the status has no numbers: 技能1号 may be either of two."""
    figures = arabic(word.lower())
    code = _code(_SECTION.sub("", figures)) if _SECTION.search(figures) else None
    return code if code is None or code in _WITH_SECTIONS else ""


def status_name(code: str, locale: str) -> str:
    """The official name in Japanese, or the Immigration Services Agency's English name."""
    japanese, english, _ = STATUSES[code]
    return english if locale == "en" else japanese
