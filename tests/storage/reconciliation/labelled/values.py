"""Days, telephone numbers, mail addresses, amounts and numbers of registers, and how they are written."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from tests.storage.reconciliation.labelled.people import wide
from tests.storage.reconciliation.labelled.places import kanji

_ERAS = (("令和", "R", date(2019, 5, 1)), ("平成", "H", date(1989, 1, 8)), ("昭和", "S", date(1926, 12, 25)))
_DASHES = ("-", "－", "−", "ー", "‐", "–")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_HOSTS = ("example.com", "example.co.jp", "mail.example.jp", "example.ne.jp", "example.org")


def day(rng: Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, (last - first).days))


def day_written(rng: Random, what: date) -> str:
    era, letter, first = next(one for one in _ERAS if what >= one[2])
    year = what.year - first.year + 1
    named = "元" if year == 1 else str(year)
    y, m, d = what.year, what.month, what.day
    text = rng.choice(
        (
            f"{y}-{m:02}-{d:02}",
            f"{y}/{m}/{d}",
            f"{y}/{m:02}/{d:02}",
            f"{y}.{m}.{d}",
            f"{y}{m:02}{d:02}",
            f"{y}年{m}月{d}日",
            f"{y}年 {m}月 {d}日",
            f"{era}{named}年{m}月{d}日",
            f"{era}{year}年{m:02}月{d:02}日",
            f"{letter}{year}.{m}.{d}",
            f"{letter}{year}/{m}/{d}",
            f"{letter}{year:02}{m:02}{d:02}",
            f"{era[0]}{year}.{m}.{d}",
            f"{era[0]}{year}. {m}. {d}",
            f"{era}{named if year == 1 else kanji(year)}年{kanji(m)}月{kanji(d)}日",
        )
    )
    return wide(text) if rng.random() < 0.2 else text


def another_day(rng: Random, what: date, first: date, last: date) -> date:
    """A day that no slip makes of the other: another year and several other figures."""
    while True:
        new = day(rng, first, last)
        apart = sum(one != other for one, other in zip(new.isoformat(), what.isoformat(), strict=True))
        if new.year != what.year and apart >= 3:
            return new


def day_slip(rng: Random, what: date) -> date | None:
    """One wrong figure of the day, or two neighbouring figures swapped; ``None`` where there is no such day."""
    text = f"{what:%Y%m%d}"
    if rng.random() < 0.5:
        at = rng.choice((4, 5, 6, 7))
        other = text[:at] + rng.choice([one for one in "0123456789" if one != text[at]]) + text[at + 1 :]
    else:
        at = rng.choice((2, 4, 6))
        other = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    try:
        found = date(int(other[:4]), int(other[4:6]), int(other[6:]))
    except ValueError:
        return None
    plausible = found >= _ERAS[-1][2] and (at == 2 or found.year == what.year)
    return found if found != what and plausible else None


def digits(rng: Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def one_figure(rng: Random, text: str, first: int = 0) -> str:
    """One wrong figure, or two neighbours swapped, from the place ``first`` on."""
    at = rng.randint(first, len(text) - 2)
    if rng.random() < 0.5 and text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice([one for one in "0123456789" if one != text[at]]) + text[at + 1 :]


def phone(rng: Random) -> str:
    if rng.random() < 0.8:
        return rng.choice(("090", "080", "070")) + rng.choice("123456789") + digits(rng, 7)
    area = rng.choice(("03", "06"))
    return area + rng.choice("3456") + digits(rng, 7)


def phone_written(rng: Random, what: str) -> str:
    cut = (3, 7) if len(what) == 11 else (2, 6)
    parts = (what[: cut[0]], what[cut[0] : cut[1]], what[cut[1] :])
    style = rng.randint(0, 5)
    if style == 0:
        text = what
    elif style <= 2:
        text = rng.choice(_DASHES).join(parts)
    elif style == 3:
        text = f"{parts[0]}({parts[1]}){parts[2]}"
    elif style == 4:
        text = rng.choice((" ", "　")).join(parts)
    else:
        text = f"+81{rng.choice(('', '-', ' '))}{parts[0][1:]}-{parts[1]}-{parts[2]}"
    return wide(text) if rng.random() < 0.2 else text


def postal_written(rng: Random, what: str) -> str:
    text = what if rng.random() < 0.3 else what[:3] + rng.choice(_DASHES) + what[3:]
    text = rng.choice(("", "", "〒", "〒 ")) + text
    return wide(text) if rng.random() < 0.25 else text


def email(rng: Random) -> str:
    local = "".join(rng.choice(_LETTERS) for _ in range(rng.randint(5, 9)))
    return f"{local}{rng.choice(('', '.', '_', '-'))}{rng.choice(_LETTERS)}{digits(rng, 2)}@{rng.choice(_HOSTS)}"


def email_written(rng: Random, what: str) -> str:
    local, host = what.split("@")
    text = rng.choice((what, f"{local}@{host.upper()}", what.title(), wide(what), f" {what} ", what.upper()))
    return text


def letter_slip(rng: Random, text: str) -> str:
    at = rng.randint(0, 3)
    if rng.random() < 0.5 and text[at] != text[at + 1]:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + rng.choice([one for one in _LETTERS if one != text[at]]) + text[at + 1 :]


def amount(rng: Random) -> int:
    return rng.choice((1, 5, 10, 50, 100)) * rng.randint(11, 99) * 10_000


def amount_written(rng: Random, what: int) -> str:
    man = what // 10_000
    forms = [f"{what}", f"{what:,}", f"{what:,}円", f"¥{what:,}", f"{man}万円", f"{man:,}万円", f"{man}万"]
    if man >= 10_000 and man % 10_000:
        forms.append(f"{man // 10_000}億{man % 10_000}万円")
    elif man < 100:
        forms.append(f"{kanji(man)}万円")
    text = rng.choice(forms)
    return wide(text) if rng.random() < 0.2 else text


def corporate_number(rng: Random) -> str:
    body = digits(rng, 12)
    weighed = sum(int(figure) * (1 + place % 2) for place, figure in enumerate(reversed(body)))
    return str(9 - weighed % 9) + body
