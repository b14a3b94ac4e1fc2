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


def _index() -> Mapping[str, str]:
    found: dict[str, str] = {}
    for code, (japanese, english, others) in STATUSES.items():
        for word in (japanese, english, *others, *_ALSO.get(code, ())):
            found[_key(word)] = code
    return MappingProxyType(found)


def _key(word: str) -> str:
    return _MARKS.sub("", fold(word))


_BY_WORD = _index()


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
    return problem("residence_status.unknown", context)


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
