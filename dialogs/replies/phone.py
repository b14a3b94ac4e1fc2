"""A typed phone number becomes national digits with the leading 0, or ``+...`` for a foreign one.

The numbering plan comes from phonenumbers, loaded with the first reply.  Letters are refused before it
looks (it would read O90 as a number), and 〜 stands for a hyphen.  An extension (内線) is taken off: the
record has no place for it.
"""

from __future__ import annotations

import re

from dialogs.japanese.numerals import digits_of
from dialogs.japanese.romaji import from_romaji
from dialogs.japanese.spoken import spoken_digits
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, opening, strip_chatter
from dialogs.replies.problems import problem
from dialogs.replies.sentences import lone

_WHERE = (
    "家電|自宅電話|自宅|じたく|家|うち|実家|会社|職場|勤務先|携帯|ケータイ|けいたい|スマホ|固定|新しい|今の|日中|昼間"
)
_WHAT = "電話番号|電話|でんわ|番号|連絡先"
#: 自宅の電話は, 携帯: and so on; never whose number it is.
_LEAD = re.compile(
    rf"^(?:(?:{_WHERE}|{_WHAT})(?:の|は|が|、|,|:| )*|tel[.:]? ?|[℡☎📞] ?"
    r"|(?:my )?(?:phone|mobile|cell)(?: number)?(?: is|:)? ?)+",
    re.IGNORECASE,
)
_TAIL = (
    *(
        "番",
        "に電話ください",
        "に電話してください",
        "にお電話ください",
        "にかけてください",
        "におかけください",
        "に連絡ください",
    ),
    *(
        "にご連絡ください",
        "にお願いします",
        "へお願いします",
        "まで",
        "へ",
        "(携帯)",
        "(自宅)",
        "(会社)",
        "(職場)",
        "(固定)",
        "(家)",
    ),
    *CASUAL_TAIL,
)
_EXTENSION = re.compile(r" ?\(?(?:内線|ext\.?|extension|x(?=\d))(?:番号)?[:\- .]*\d{1,6}\)?(?:番)?$", re.IGNORECASE)
_SEVERAL = re.compile(r"(?<=\d)(?: ?(?:と|か|または|もしくは|及び|、|,|/|;) ?| )(?=\+?0|\()")
_ALLOWED = re.compile(r"\+?[\d ()\[\]〔〕.,・_~ー\-−の/]+")
#: A number inside a sentence.
_INSIDE = re.compile(r"(?<![A-Za-z0-9])(?:\+\d{1,3}[ \-]?)?\(?0\d{1,4}[) \-]{0,2}\d{1,4}[ \-]?\d{3,4}(?![A-Za-z0-9])")
_WORDS = f"{_WHERE}|{_WHAT}|連絡|かけて|かける|お?電話|平日|tel|phone|number|call"
#: The country code without +, or behind the prefix that one dials from Japan or to it.
_DIALLED_ABROAD = re.compile(r"^(?:010(?=\d{9})|00(?=81)|(?=81\d{9,10}$))")
_LETTER = re.compile(r"[A-Za-z]")
_ZERO_IN_BRACKETS = re.compile(r"\(0\)")


def read_phone(text: str, context: ReplyContext) -> Parsed | Problem:
    """A Japanese number in national digits, a foreign one as ``+`` and digits."""
    plain = opening("phone", text, context)
    if isinstance(plain, Problem):
        return plain
    plain = _LEAD.sub("", strip_chatter(plain, tail=_TAIL))
    plain = re.sub(r"^\((\+\d{1,3})\)", r"\1", strip_chatter(plain, tail=_TAIL))
    plain = _EXTENSION.sub("", digits_of(plain.replace("ゼロ", "0")))
    if not _ALLOWED.fullmatch(plain) and (told := lone(plain, _INSIDE, _WORDS)):
        plain = told
    if not _ALLOWED.fullmatch(plain):
        plain = spoken_digits(from_romaji(plain) or plain) or plain
    if _SEVERAL.search(plain) and len(re.sub(r"\D", "", plain)) > 15:
        return problem("phone.several", context)
    if _LETTER.search(plain):
        return problem("phone.letters", context)
    if not _ALLOWED.fullmatch(plain):
        return problem("phone.unreadable", context)
    foreign = plain.startswith("+")
    digits = re.sub(r"\D", "", _ZERO_IN_BRACKETS.sub("", plain) if foreign else plain)
    if not digits:
        return problem("phone.unreadable", context)
    if not foreign and _DIALLED_ABROAD.match(digits):
        foreign, digits = True, _DIALLED_ABROAD.sub("", digits)
    return _checked("+" + digits if foreign else digits, context)


def _checked(dialled: str, context: ReplyContext) -> Parsed | Problem:
    import phonenumbers

    japanese = not dialled.startswith("+") or dialled.startswith("+81")
    national = "0" + dialled.removeprefix("+81").removeprefix("0") if dialled.startswith("+") else dialled
    mobile_too_short = national.startswith(("050", "060", "070", "080", "090")) and len(national) == 10
    if japanese and (len(national) not in (10, 11) or not national.startswith("0") or mobile_too_short):
        return problem("phone.digits", context, count=str(len(national)))
    try:
        number = phonenumbers.parse(national if japanese else dialled, "JP")
    except phonenumbers.NumberParseException:
        return problem("phone.no_such_number", context)
    pager = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.PAGER
    if not phonenumbers.is_valid_number(number) or pager:
        return problem("phone.no_such_number", context)
    if japanese:
        return Parsed(
            value=national, display=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
        )
    display = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    return Parsed(value=dialled, display=display)
