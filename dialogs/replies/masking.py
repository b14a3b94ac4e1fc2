"""Stored values as they may be shown in a chat: enough to recognise, not enough to learn.

Choice codes have no mask (their labels are shown); so have countries and residence statuses.
"""

from __future__ import annotations

import json
import re

from dialogs.replies.prefectures import PREFECTURES

DOT = "●"
STAR = "*"
_UNMASKED = frozenset(("country", "residence_status", "yes_no"))
_MUNICIPALITY = re.compile("^.{1,12}?(?P<kind>[市区町村郡])")
#: House numbers as they are stored: 1-2-3, also 1丁目2番3号.
_NUMBERS = re.compile(r"\d+(?:(?:-|丁目|番地?|号)\d+)+")
_COMPANY = re.compile(
    "^(?:株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|公益社団法人|医療法人|学校法人|社会福祉法人)"
)
_LATIN = re.compile(r"[\x00-\x7f]+")


def mask(kind: str, value: str) -> str:
    """The value with its personal part hidden, in the shape of its kind; any other kind is free text."""
    if not value or kind in _UNMASKED:
        return value
    masker = _MASKS.get(kind)
    return _text(value) if masker is None else masker(value)


def _name(value: str) -> str:
    """山田 太郎 is 山● 太●, 森 繁 is 森 ●; without a space 山●太●: every second character."""
    parts = value.split()
    if len(parts) > 1:
        # Of a family name of one sign nothing else could be shown, and two dots tell the customer nothing.
        first = parts[0] if len(parts[0]) == 1 else _first_only(parts[0])
        return " ".join((first, *(_first_only(part) for part in parts[1:])))
    if _LATIN.fullmatch(value):
        return _first_only(value)
    if len(value) == 1:
        return DOT
    return "".join(DOT if index % 2 else char for index, char in enumerate(value))


def _first_only(part: str) -> str:
    return part[0] + DOT * min(len(part) - 1, 5) if len(part) > 1 else DOT


def _phone(value: str) -> str:
    """090-****-1234, 03-****-5678, +81********78."""
    if value.startswith("+"):
        return value[:3] + STAR * max(len(value) - 5, 2) + value[-2:]
    digits = re.sub(r"\D", "", value)
    if len(digits) < 9:
        return STAR * len(digits)
    area = 2 if len(digits) == 10 and digits.startswith(("03", "06")) else 3
    return f"{digits[:area]}-{STAR * (len(digits) - area - 4)}-{digits[-4:]}"


def _address(value: str) -> str:
    """東京都●●区●●1-2-●: the prefecture, what kind of municipality, the numbers but the last one."""
    prefecture = next((name for name in PREFECTURES if value.startswith(name)), "")
    rest = value[len(prefecture) :]
    municipality = _MUNICIPALITY.match(rest)
    numbers = _NUMBERS.search(rest)
    known = "-".join(re.findall(r"\d+", numbers[0])[:-1]) if numbers else ""
    kind = municipality["kind"] if municipality else ""
    return f"{prefecture}{DOT * 2}{kind}{DOT * 2}{known}-{DOT}" if known else f"{prefecture}{DOT * 2}{kind}…"


def _email(value: str) -> str:
    """t***@example.com"""
    local, at, domain = value.partition("@")
    return f"{local[:1]}{STAR * 3}@{domain}" if at and len(local) > 1 else f"{STAR * 3}@{domain}" if at else STAR * 3


def _date(value: str) -> str:
    """19●●年"""
    return f"{value[:2]}{DOT * 2}年" if re.match(r"\d{4}", value) else DOT * 3


def _expiry(value: str) -> str:
    """2027-03-●●: the customer tells an old card from a new one by its month."""
    return f"{value[:7]}-{DOT * 2}" if re.match(r"\d{4}-\d{2}-", value) else DOT * 3


def _postal_code(value: str) -> str:
    digits = re.sub(r"\D", "", value)
    return f"{digits[:3]}-{STAR * 4}" if len(digits) == 7 else STAR * 3


def _edges(value: str) -> str:
    """The first two characters: AB**********."""
    return value[:2] + STAR * max(len(value) - 2, 3) if len(value) > 4 else STAR * 3


def _hidden(value: str) -> str:
    return DOT * 3


def _text(value: str) -> str:
    """The first character, behind the form of a company; how long the text is stays hidden."""
    form = _COMPANY.match(value)
    head, rest = (form[0], value[form.end() :]) if form else ("", value)
    return f"{head}{rest[0]}{DOT * 3}" if len(rest) > 1 else f"{head}{DOT}"


def _owners(value: str) -> str:
    """佐● 一●(60%)、… of the list that the master file has of a company's owners."""
    try:
        owners = json.loads(value)
        shown = [(_name(str(owner["name"]).strip()), str(owner.get("share", "")).strip(" %")) for owner in owners]
    except (ValueError, TypeError, KeyError, AttributeError):
        return DOT * 3
    return "、".join(f"{name}({share}%)" if share else name for name, share in shown) or DOT * 3


_MASKS = {
    "name": _name,
    "kana": _name,
    "phone": _phone,
    "address": _address,
    "email": _email,
    "date": _date,
    "expiry": _expiry,
    "postal_code": _postal_code,
    "corporate_number": _edges,
    "owners": _owners,
    "residence_card": _edges,
    "amount": _hidden,
    "integer": _hidden,
    "decimal": _hidden,
    "percentage": _hidden,
}
