"""Every reader without what stands around a value: pictures, endings of a region, who speaks, courtesies, notes.

A reply is read as it was typed first; only what is not understood is read again without its surroundings,
so nothing that a reader knows is lost.  For names, readings and addresses, whose values could hold any word,
it is the other way round: the surroundings go first, and a value that still ends like a sentence is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.width import normalise, to_storable_width
from dialogs.replies import surrounding_words as words
from dialogs.replies.base import Parsed, Problem, Reader, ReplyContext
from dialogs.replies.chatter import without_pictures
from dialogs.replies.languages import speaks_of_language
from dialogs.replies.problems import MAX_LENGTH, problem
from dialogs.replies.sentences import is_harmless

#: Kinds whose value may hold any word, and how a value that ends like a sentence is refused.
_OF_WORDS = {"name": "name.not_a_name", "kana": "kana.not_a_name", "address": "address.not_an_address"}
#: What a reader says of a text that holds no value of its kind, where that is not ``unreadable``.
_NOTHING_SAID = {
    **_OF_WORDS,
    **{"country": "country.unknown", "residence_status": "residence_status.unknown"},
    "residence_card": "residence_card.format",
}
#: What a reader says of a text that it does not understand; anything else it has understood and refused.
_NOT_UNDERSTOOD = frozenset(
    (
        *(
            "unreadable",
            "unknown",
            "format",
            "letters",
            "spaces",
            "no_at",
            "domain",
            "digits",
            "length",
            "look_alike",
            "unit_missing",
            "incomplete",
        ),
        *("not_kana", "bad_character", "several", "check_digit", "not_a_name", "out_of_range"),
    )
)
_INTRODUCED = frozenset(("phone", "email", "postal_code", "corporate_number", "residence_card"))
#: One short word with a picture beside it is what friends say, not a whole reading.
_NICKNAME = re.compile(r"\S{1,4}")
_TRIM = " 　。．、，,!！…♪\t\n\r.~〜"
_MOST_STEPS = 6
_BRACKETS = re.compile(
    r"^(?P<value>[^()]+?) ?\((?P<note>[^()]+)\)[。. ]*(?P<end>です|だ|でございます|になります)?[。. ]*$"
)
#: A note that may change what stands before it.
_TELLING_NOTE = re.compile("帰化|二重|両方|生まれ|元|仮|未|通称|婚|他|ほか|別|など|等|週|税|手取|総|昭|平成|令|大正")
_WEEKDAY = re.compile("[月火水木金土日祝・](?:曜日?)?")
_KANJI, _KANA_ONLY = re.compile("[一-鿿]"), re.compile("[ぁ-ゖァ-ヺー・ 　]+")
_LATIN_ONLY = re.compile("[A-Za-z .,'\\-]+")


def without_endings(text: str, *, of_words: bool = False) -> str:
    """``text`` without who speaks, courtesies and the ending of its sentence."""
    for _ in range(_MOST_STEPS):
        before = text
        text = text.strip(_TRIM)
        found = words.EXPLAINING.search(text)
        if found and found.start() and not (of_words and re.match("[ぁ-ゖァ-ヺー]", text[found.start() - 1])):
            text = text[: found.start()]
        for pattern in (words.COURTESY_IN_FRONT, words.COURTESY_BEHIND, words.SELF, words.SURE_ENDINGS):
            text = pattern.sub("", text).strip(_TRIM) or text
        found = words.SHORT_ENDINGS.search(text)
        if found and found.start() and not re.match("[ぁ-ゖ]", text[found.start() - 1]):
            text = text[: found.start()]
        if of_words:
            text = words.KATAKANA_ENDING.sub("", text) or text
        else:
            for pattern in (words.THINKING, words.POLITE_ENDINGS):
                text = pattern.sub("", text).strip(_TRIM) or text
        if text == before:
            break
    return text


def in_standard_speech(text: str) -> str:
    """使うてまへん as 使ってません, 該当いたしません as 該当しません."""
    for pattern, standard in words.PLAIN_SPEECH:
        text = pattern.sub(standard, text)
    return text


def readings_of(plain: str) -> Iterator[str]:
    """Simpler forms of a reply that is a yes, a no or a choice: without its ending, in standard speech."""
    bare = without_endings(plain)
    spoken = in_standard_speech(plain)
    yield from dict.fromkeys(form for form in (bare, spoken, without_endings(spoken)) if form != plain)


def tolerant(kind: str, reader: Reader) -> Reader:
    """``reader`` for replies with anything harmless around the value."""

    def read(text: str, context: ReplyContext) -> Parsed | Problem:
        found = read_any(text, context)
        lacks = isinstance(found, Parsed) and len(text) <= MAX_LENGTH and speaks_of_language(text)
        return problem(_NOTHING_SAID.get(kind, f"{kind}.unreadable"), context) if lacks else found

    def read_any(text: str, context: ReplyContext) -> Parsed | Problem:
        if len(text) > MAX_LENGTH:
            return reader(text, context)
        if kind in _OF_WORDS:
            bare = without_pictures(text, of_words=True)
            if bare != text.strip() and kind == "kana" and _NICKNAME.fullmatch(bare):
                return problem("kana.not_a_name", context)
            return _of_words(kind, reader, bare, context)
        return _again(kind, reader, without_pictures(text), context)

    return read


def _again(kind: str, reader: Reader, text: str, context: ReplyContext) -> Parsed | Problem:
    found = reader(text, context)
    if isinstance(found, Parsed):
        return found
    # A date asks whether both calendars in 日付(日付) agree, of brackets that hold none.
    if found.code == "date.mismatch":
        return _without_note(kind, reader, text, context) or found
    if not _may_be_read_again(found):
        return found
    for other in _others(kind, text):
        read = reader(other, context)
        if isinstance(read, Parsed):
            return read
    return _without_note(kind, reader, text, context) or found


def _may_be_read_again(found: Problem) -> bool:
    return found.code.rpartition(".")[2] in _NOT_UNDERSTOOD


def _others(kind: str, text: str) -> Iterator[str]:
    """The text without more and more of its surroundings."""
    plain = normalise(text.replace("\n", "。"))
    bare = without_endings(plain)
    yield bare
    if kind == "yes_no":
        yield from readings_of(plain)
        return
    spelled = bare
    for kana, label in words.KATAKANA_LABELS:
        spelled = spelled.replace(kana, label)
    spelled = words.KATAKANA_DESU.sub("", words.KATAKANA_PARTICLE.sub("は", spelled))
    if spelled != bare:
        yield spelled
    if kind in _INTRODUCED:
        certain = words.HEDGE_BEHIND.sub("", words.HEDGE_IN_FRONT.sub("", spelled))
        if certain != spelled:
            yield without_endings(certain)
        told = words.INTRODUCTION.search(spelled)
        if told and is_harmless(told[0]):
            yield without_endings(spelled[: told.start()] + spelled[told.end() :])


def _without_note(kind: str, reader: Reader, text: str, context: ReplyContext) -> Parsed | None:
    """The value in front of brackets that repeat it or hold a mere note; ``None`` where they may contradict it."""
    parts = _BRACKETS.match(without_endings(normalise(text)))
    if parts is None:
        return None
    value = _again(kind, reader, parts["value"], context)
    if isinstance(value, Problem):
        return None
    repeated = reader(parts["note"], context)
    if isinstance(repeated, Parsed):
        return value if repeated.value == value.value else None
    if kind == "residence_card" and words.VALIDITY.fullmatch(parts["note"]):
        return value
    if not _may_be_read_again(repeated) or re.search(r"\d", parts["note"]) or not is_harmless(parts["note"]):
        return None
    return None if _TELLING_NOTE.search(parts["note"]) or _WEEKDAY.fullmatch(parts["note"]) else value


def _of_words(kind: str, reader: Reader, text: str, context: ReplyContext) -> Parsed | Problem:
    width = to_storable_width(text)
    bare = without_endings(width, of_words=True)
    if kind != "address":
        bare = _without_other_script(kind, bare)
    found = reader(text if bare == width.strip(_TRIM) else bare, context)
    if isinstance(found, Problem):
        return found
    value = str(found.value)
    if kind == "kana" and re.search("[ぁ-ゖ]", bare):
        # Typed in hiragana an ending can be told from the end of a name, which katakana hides.
        value = to_hiragana(value)
    goes_on = kind in words.GOES_ON and words.GOES_ON[kind].search(value)
    if goes_on or words.EXPLAINING_IN_KANA.search(width) or words.THINKING.search(bare):
        return problem(_OF_WORDS[kind], context)
    return problem(_OF_WORDS[kind], context) if _still_ends(bare) or _still_ends(value) else found


def _still_ends(text: str) -> bool:
    """Whether a text ends like a sentence where its endings were taken off."""
    hidden = words.IN_HIRAGANA.search(text) is not None
    return hidden or without_endings(text, of_words=True) != text.strip(_TRIM)


def _without_other_script(kind: str, text: str) -> str:
    """山田太郎(ヤマダタロウ) as the name, or as its reading: the brackets only say it again."""
    parts = _BRACKETS.match(text.replace("（", "(").replace("）", ")"))
    if parts is None or not is_harmless(parts["note"]):
        return text
    value, note = parts["value"], parts["note"]
    if kind == "name" and _KANJI.search(value) and (_KANA_ONLY.fullmatch(note) or _LATIN_ONLY.fullmatch(note)):
        return value
    if kind == "kana" and _KANA_ONLY.fullmatch(value) and (_KANJI.search(note) or _LATIN_ONLY.fullmatch(note)):
        return value
    return text
