"""A typed reply becomes one choice, or several, of a list.

By number (１, ①, 二番), by label or button label in any language of the form, by a part of a label or
one of its ``synonyms``, or by free words that contain one of these.  Only one clear match is taken:
several are offered, none is a problem, and a match that is denied (会社員ではない), past (会社員でした),
doubted or asked about is never taken.  Where an amount is asked, a bare number is an amount: 「5」 may
well mean 5万円, so its unit is asked for instead of taking the fifth band.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile

from dialogs.definition.model import Choice, in_languages, pick
from dialogs.japanese.width import fold, normalise
from dialogs.replies.bands import band_of_count, has_bounds, read_band
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, strip_chatter
from dialogs.replies.choice_numbers import (
    ALL,
    ALL_BUT,
    DASH_SPAN,
    NUMBER_THEN_WORDS,
    SEPARATORS,
    SPAN,
    is_bare,
    place_of,
    run_together,
)
from dialogs.replies.choice_terms import loose, respell, spoken, terms_of
from dialogs.replies.choice_words import Found, find_words, is_question, opened
from dialogs.replies.problems import problem
from dialogs.replies.surroundings import in_standard_speech, readings_of
from dialogs.replies.yes_no import agrees, read_yes_no

_TAIL = (
    *CASUAL_TAIL,
    "を選びます",
    "を選択します",
    "にします",
    "でお願い",
    "で",
    "を希望",
    "、以上",
    "のみ",
    "だけ",
    "など",
    "とか",
)
#: "That is all", not "or more": after 2つ it would be the latter.
_THAT_IS_ALL = re.compile("(?<![つ回万円人歳国%名])以上$")
#: The problems of a text that says nothing that was understood.
_NOT_UNDERSTOOD = frozenset(("choice.unreadable", "choice.partly_unreadable", "amount.unreadable", "yes_no.unreadable"))
#: Less a question than modesty: 月1回ぐらいでしょうか.
_ROUGHLY = re.compile("(?:[くぐ]らい|ほど|程度)(?:でしょうか|ですかね|かしら|かのう|やろか)[ね。]*$")
#: 会社員で間違いありません denies nothing.
_ASSURED = re.compile(
    "(?<=.)[でに](?:間違い|まちがい|相違)[はも]?(?:ない|ありません|ございません|なし|なか|あらへん|おまへん)(?:です|よ|わ)*$"
)
#: What says yes or no in a list's own words, and so may be said in any other words for it.
_SAYS_YES, _SAYS_NO = frozenset((fold("はい"), "yes")), frozenset((fold("いいえ"), "no"))
#: What makes one thing of two, so that a denial behind them denies both: 年金や給料ではない.
_ONE_LIST = frozenset(("と", "や", "および", "及び", "ならびに", "並びに", "・", "&"))
#: Choices that stand alone: they are not part of "all".
_ALONE = frozenset(("none", "not_applicable", "unknown", "refuse", "refused", "decline", "declined"))


@dataclass(frozen=True, kw_only=True)
class Ambiguous:
    """Several choices fit (or one does not surely): their names, in the order of the form."""

    candidates: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ParsedMany:
    """Several choices that were understood, in the order of the form."""

    values: tuple[str, ...] = field(repr=False)
    display: str = field(repr=False)


def read_choice(
    text: str, choices: Sequence[Choice], context: ReplyContext, default_language: str, *, kind: str | None = None
) -> Parsed | Ambiguous | Problem:
    """The choice that the text means; ``kind`` is the question's (``amount`` and ``yes_no`` read in their own way)."""
    plain = opened(text, context)
    if isinstance(plain, Problem):
        return plain
    # ③ is a place in the list and no amount; folded it would be a bare 3.
    circled = any(unicodedata.category(sign) == "No" for sign in text)
    how = None if circled and kind == "amount" else kind
    found = _one(plain, choices, context, how, is_place=circled)
    if isinstance(found, Problem) and (found.code in _NOT_UNDERSTOOD or _ROUGHLY.search(plain)):
        simpler = (_one(form, choices, context, how, is_place=circled) for form in readings_of(plain))
        found = next((read for read in simpler if not isinstance(read, Problem)), found)
    elif isinstance(found, Ambiguous) and (standard := in_standard_speech(plain)) != plain:
        clear = _one(standard, choices, context, how, is_place=circled)
        found = clear if isinstance(clear, Choice) else found
    return _echo(found, context, default_language) if isinstance(found, Choice) else found


def read_choices(
    text: str, choices: Sequence[Choice], context: ReplyContext, default_language: str
) -> ParsedMany | Ambiguous | Problem:
    """The choices that the text names: 1と3, １、３, 全部, labels with separators; all of it, or nothing."""
    plain = opened(text, context)
    if isinstance(plain, Problem):
        return plain
    circled = any(unicodedata.category(sign) == "No" for sign in text)
    found = _many(plain, choices, context, is_place=circled or "番" in text)
    if isinstance(found, Problem) and found.code in _NOT_UNDERSTOOD:
        simpler = (_many(form, choices, context) for form in readings_of(plain))
        found = next((read for read in simpler if not isinstance(read, Problem)), found)
    if not isinstance(found, list):
        return found
    chosen = [choice for choice in choices if choice in found]
    separator = ", " if context.locale == "en" else "、"
    labels = separator.join(pick(choice.label, context.locale, default_language) for choice in chosen)
    return ParsedMany(values=tuple(choice.name for choice in chosen), display=labels)


def names_number(text: str) -> bool:
    """Whether the text, or a part of it, is the number of a choice and no word."""
    stripped = strip_chatter(normalise(text), tail=_TAIL)
    parts = [stripped, *SEPARATORS.split(stripped)]
    return any(place_of(part, 1) is not None or SPAN.fullmatch(part) or DASH_SPAN.fullmatch(part) for part in parts)


def _one(
    plain: str, choices: Sequence[Choice], context: ReplyContext, kind: str | None, *, is_place: bool = False
) -> Choice | Ambiguous | Problem:
    stripped = strip_chatter(plain, tail=_TAIL)
    exact = _exactly(plain, stripped, choices)
    if exact:
        return exact[0] if len(exact) == 1 else _ambiguous(exact, choices)
    if kind is None and not is_place and not (is_bare(stripped) and (place_of(stripped, 0) or 0) <= len(choices)):
        counted_in = band_of_count(stripped, choices, context)
        if counted_in is not None:
            return counted_in
    bare_amount = kind == "amount" and is_bare(stripped)
    number = None if bare_amount else place_of(stripped, len(choices))
    if number is not None:
        if 1 <= number <= len(choices):
            counted = [] if is_place or not is_bare(stripped) else _counting(number, choices)
            return _ambiguous([choices[number - 1], *counted], choices) if counted else choices[number - 1]
        if kind != "amount":
            return problem("choice.out_of_range", context, last=str(len(choices)))
    if kind != "amount" and (numbers := _several_numbers(stripped, choices)):
        return _ambiguous(numbers, choices)
    if match := NUMBER_THEN_WORDS.fullmatch(stripped):
        agreed = _number_and_words(int(match["number"]), match["words"], choices)
        if agreed is not None:
            return agreed
    if kind == "amount":
        band = read_band(plain, choices, context)
        if isinstance(band, Choice):
            return band
        if isinstance(band, tuple):
            return Ambiguous(candidates=band)
        words = [choice for choice in choices if not has_bounds(choice)]
        inner = _by_words(plain, stripped, words, context)
        return band if isinstance(inner, Problem) else inner
    if kind == "yes_no" and {"yes", "no"} <= {choice.name for choice in choices}:
        said = read_yes_no(plain, context)
        if isinstance(said, Parsed):
            return next(choice for choice in choices if choice.name == ("yes" if said.value else "no"))
        if said.code == "yes_no.ambiguous":
            return said
    said_so = _by_yes_or_no(plain, choices)
    return _by_words(plain, stripped, choices, context) if said_so is None else said_so


def _by_yes_or_no(plain: str, choices: Sequence[Choice]) -> Choice | None:
    """うん where a choice may be said as はい."""
    said = agrees(plain)
    words = None if said is None else _SAYS_YES if said else _SAYS_NO
    meant = [choice for choice in choices if words and terms_of(choice).synonyms & words]
    return meant[0] if len(meant) == 1 else None


def _counting(number: int, choices: Sequence[Choice]) -> list[Choice]:
    """Other choices for which the figure may be the count itself: 「2」 where another says 1回か2回."""
    count = re.compile(rf"{number}(?:回|つ|人|か国)")
    found = [choice for choice in choices if any(count.fullmatch(term) for term in terms_of(choice).parts)]
    return [] if choices[number - 1] in found else found


def _by_words(
    plain: str, stripped: str, choices: Sequence[Choice], context: ReplyContext
) -> Choice | Ambiguous | Problem:
    if is_question(plain):
        return problem("choice.question", context)
    polar = _one_of_opposites(plain, choices, context)
    if polar is not None:
        return polar
    found = find_words(_ASSURED.sub("", stripped), choices)
    flipped = _other_of_two(found, choices)
    if flipped is not None:
        return flipped
    if len(found.sure) == 1 and not found.doubtful:
        return found.sure[0]
    if found.sure or found.doubtful:
        return _ambiguous([*found.sure, *found.doubtful], choices)
    if found.denied:
        return problem("choice.negated", context)
    near = _nearly(loose(stripped), choices)
    return _ambiguous(near, choices) if near else problem("choice.unreadable", context)


def _many(
    plain: str, choices: Sequence[Choice], context: ReplyContext, *, is_place: bool = False
) -> list[Choice] | Ambiguous | Problem:
    stripped = strip_chatter(_THAT_IS_ALL.sub("", strip_chatter(plain, tail=_TAIL)), tail=_TAIL)
    if exact := _exactly(plain, stripped, choices):
        return exact[:1] if len(exact) == 1 else _ambiguous(exact, choices)
    if fold(stripped) in ALL:
        return [choice for choice in choices if not _stands_alone(choice)]
    if match := next(filter(None, (pattern.fullmatch(stripped) for pattern in ALL_BUT)), None):
        but = _many(match["but"], choices, context)
        return [c for c in choices if c not in but and not _stands_alone(c)] if isinstance(but, list) else but
    if match := SPAN.fullmatch(stripped):
        first, last = int(match[1]), int(match[2])
        if 1 <= first < last <= len(choices):
            return list(choices[first - 1 : last])
        return problem("choice.out_of_range", context, last=str(len(choices)))
    if match := DASH_SPAN.fullmatch(stripped):
        # 1-3 is "1 to 3" for one customer and "1 and 3" for the next.
        first, last = int(match[1]), int(match[2])
        inside = 1 <= first < last <= len(choices)
        return (
            Ambiguous(candidates=tuple(choice.name for choice in choices[first - 1 : last]))
            if inside
            else problem("choice.out_of_range", context, last=str(len(choices)))
        )
    if re.fullmatch(r"\d{2,}", stripped) and int(stripped[:4]) > len(choices):
        return problem("choice.separate", context)
    if not is_place and (places := run_together(stripped, len(choices))):
        return _ambiguous([choices[place - 1] for place in places], choices)
    return _each_part(stripped, choices, context)


def _each_part(stripped: str, choices: Sequence[Choice], context: ReplyContext) -> list[Choice] | Ambiguous | Problem:
    """Every part between separators must be understood: a part that is not would silently be lost."""
    if is_question(stripped):
        return problem("choice.question", context)
    taken: list[Choice] = []
    rest = respell(re.sub(r"(?<=\d)\.(?=\d)", "、", stripped))
    for label, choice in _labels_with_separators(choices):
        if label in rest:
            taken.append(choice)
            rest = rest.replace(label, "、")
    offered: list[Choice] = []
    unread = 0
    pieces = re.split(f"({SEPARATORS.pattern})", rest)
    parts = [
        (separator, part)
        for separator, part in zip(("", *pieces[1::2]), pieces[::2], strict=True)
        if strip_chatter(part, tail=_TAIL).strip("。、, ")
    ]
    for separator, part in parts:
        found = _one(part, choices, context, None)
        if isinstance(found, Choice):
            taken.append(found)
        elif isinstance(found, Ambiguous):
            offered += [choice for choice in choices if choice.name in found.candidates]
        elif found.code == "choice.negated" and len(parts) > 1 and separator.strip() not in _ONE_LIST:
            continue
        elif found.code in ("choice.out_of_range", "choice.negated") or (len(parts) == 1 and not taken):
            return found
        else:
            unread += 1
    if offered:
        return _ambiguous([*taken, *offered], choices)
    if unread:
        # As a whole it may still be one wording (給料の受取と支払いに使う): then it is offered, never taken.
        return _ambiguous(taken, choices) if taken else problem("choice.partly_unreadable", context)
    return taken or problem("choice.unreadable", context)


def _exactly(plain: str, stripped: str, choices: Sequence[Choice]) -> list[Choice]:
    """The choices of which the whole reply is a label, else a synonym, else a part of a label."""
    # 本社だけ is a synonym of its own, だけ else a closing word.
    words = {loose(plain), loose(strip_chatter(plain, tail=CASUAL_TAIL)), loose(stripped)} - {""}
    terms = [(choice, terms_of(choice)) for choice in choices]
    for found in (
        [choice for choice, of in terms if words & of.labels],
        [choice for choice, of in terms if words & of.synonyms],
        [choice for choice, of in terms if words & of.voiced],
        [choice for choice, of in terms if set(map(spoken, words)) & of.spoken],
    ):
        if found:
            return found
    return [choice for choice, of in terms if words & of.parts]


def _several_numbers(stripped: str, choices: Sequence[Choice]) -> list[Choice]:
    """「1と3」 where one choice is asked for: the choices of these numbers, if they all exist."""
    numbers = [place_of(part, len(choices)) for part in re.split(f"{SEPARATORS.pattern}|か", stripped) if part]
    found = [choices[number - 1] for number in numbers if number is not None and 1 <= number <= len(choices)]
    return found if len(found) == len(numbers) > 1 else []


def _number_and_words(number: int, words: str, choices: Sequence[Choice]) -> Choice | Ambiguous | None:
    """「2 年金」: both must mean the same choice; where they do not, both are offered."""
    found = find_words(strip_chatter(words, tail=_TAIL), choices)
    if not 1 <= number <= len(choices) or not found.sure:
        return None
    numbered = choices[number - 1]
    return numbered if found.sure == [numbered] else _ambiguous([numbered, *found.sure], choices)


def _other_of_two(found: Found, choices: Sequence[Choice]) -> Choice | None:
    """変更ありません denies 変更あり: with 変更なし as the only other choice, that one is meant."""
    if len(choices) != 2 or len(found.denied) != 1 or found.sure or found.doubtful:
        return None
    other = choices[1 - list(choices).index(found.denied[0])]
    return other if found.plainly_denied and terms_of(other).is_negative else None


def _one_of_opposites(plain: str, choices: Sequence[Choice], context: ReplyContext) -> Choice | None:
    """変更あり and 変更なし: 変更はないです and なし name one of them through what they have in common."""
    if len(choices) != 2:
        return None
    labels = [fold(next(iter(choice.label.values()), "")) for choice in choices]
    stem = "".join(takewhile(bool, (a if a == b else "" for a, b in zip(*labels, strict=False))))
    negative = [choice for choice in choices if terms_of(choice).is_negative]
    if len(stem) < 2 or len(negative) != 1 or len(stem) == min(map(len, labels)):
        return None
    folded = fold(plain)
    if not folded.startswith(stem) and folded not in {label[len(stem) :] for label in labels}:
        return None
    rest = folded.removeprefix(stem).lstrip("はがもを")
    said = read_yes_no(rest, context)
    if not isinstance(said, Parsed):
        return None
    return next(choice for choice in choices if (choice in negative) is not said.value)


def _labels_with_separators(choices: Sequence[Choice]) -> list[tuple[str, Choice]]:
    """Labels that a separator would cut apart, longest first: 技術・人文知識・国際業務."""
    found = [
        (respell(normalise(label)), choice)
        for choice in choices
        for label in {*in_languages(choice.label), *in_languages(choice.button)}
        if SEPARATORS.search(normalise(label))
    ]
    return sorted(found, key=lambda item: len(item[0]), reverse=True)


def _nearly(folded: str, choices: Sequence[Choice]) -> list[Choice]:
    """Choices whose label differs by a slip of the thumb; they are only ever offered."""
    if len(folded) < 3 or re.search(r"\d", folded):
        return []
    from rapidfuzz.fuzz import ratio

    near = [
        choice
        for choice in choices
        if any(
            ratio(folded, term) >= 75
            for term in _like_in_length(choice, len(folded))
            if _denies(term) is _denies(folded)
        )
    ]
    return near[:3]


def _denies(folded: str) -> bool:
    return re.search("(?:ない|ません|へん|ん)$", folded) is not None


def _like_in_length(choice: Choice, length: int) -> list[str]:
    """What a slip of the thumb may have meant; of the many synonyms only what it would hardly have made longer."""
    terms = terms_of(choice)
    slips = [term for term in terms.synonyms if len(term) >= 4 and abs(len(term) - length) <= 1]
    return [term for term in terms.labels | (terms.parts - terms.synonyms) if len(term) >= 3] + slips


def _stands_alone(choice: Choice) -> bool:
    return choice.name in _ALONE or choice.extra.get("exclusive", "") in ("yes", "true")


def _ambiguous(found: Sequence[Choice], choices: Sequence[Choice]) -> Ambiguous:
    return Ambiguous(candidates=tuple(choice.name for choice in choices if choice in found))


def _echo(choice: Choice, context: ReplyContext, default_language: str) -> Parsed:
    return Parsed(value=choice.name, display=pick(choice.label, context.locale, default_language))
