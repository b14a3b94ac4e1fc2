"""The words of a choice, in the form in which texts are searched for them.

A label, its parts, and its ``synonyms``, which an author writes between bars.  A synonym with … in it is a phrase:
``銀行/会社…働い/勤め`` is said by 銀行で働いています and by 会社にずっと勤めてます, whatever of the same clause
stands in between, as long as that denies nothing.  Between slashes stand other words for the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import TypeVar

from dialogs.definition.model import Choice, in_languages, in_voices
from dialogs.japanese.numerals import arabic
from dialogs.japanese.width import fold, normalise

_PARTS = re.compile(r"[・/／、()「」]|,(?!\d)|または|等[^・/／、()]*| or ")
#: How to read the word before it, in plain Japanese.
_READING = re.compile(r"\([\u3041-\u3096\u30a1-\u30fa]+\)")
#: What a label leaves out is no name of it.
_BUT = re.compile(r"\([^()]*を除く\)|\(except [^()]*\)")
_NEGATIVE_LABEL = re.compile("(?:ない|なし|ません|ず)$|not ")
#: Labels of what people are.
_PEOPLE = re.compile("[生者員婦夫主無]職?(?=$|・|/|/)")
#: One spelling for what is written in several: 振り込み, 振込み, 振込.
_SPELLINGS = tuple(
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        *(("受け?取り?", "受取"), ("振り?込み?(?!む)", "振込"), ("引き?落と?し", "引落"), ("支払い(?!ま)", "支払")),
        *(
            ("借り?入れ", "借入"),
            ("買い物", "買物"),
            ("積み?立て", "積立"),
            ("子ども|こども", "子供"),
            ("仕入れ", "仕入"),
        ),
        *(
            ("お金", "金"),
            ("売り?上げ?", "売上"),
            ("[かけゕゖ箇](?=[国月])", "か"),
            ("(?<=使)(?:うて|ーて)(?=[まへい])", "って"),
            ("(?<=使)(?:う|っ)とらん", "ってません"),
            ("何[回度][かも](?![なわし])", "数回"),
            ("(?<![0-9])1(?=(?:週間?|年間?|か月)に[0-9数])", ""),
            ("(?<=[年月週日])間?に(?=[0-9数])", ""),
        ),
        *(
            ("(?<=[年月週日])に?いっ(?:[ぺべ]ん|かい)", "1回"),
            ("(?<=[0-9])[,・](?=[0-9]+回)", "、"),
            ("(?<=[0-9数])(?:度(?!目)|[ぺべ]ん)", "回"),
            ("(?<=回)(?:程度|くらい|ぐらい|ほど)", ""),
        ),
    )
)
_COUNTS = re.compile(
    "[〇一二三四五六七八九十]+(?=[回度つ人名週号年]|[ぺべ]ん|[、・か][一二三四五六七八九][回度]|[かけゕゖ箇][国月])"
)
#: What stands between the words of a phrase: a little of the same clause that denies nothing and is not over.
_BETWEEN = (
    "(?:(?![、。,.!?\n]|ない|なく|なか|ません|へん|まへん|じゃ|では|違|ちが|ちゃう|以外|しか|別の|ほかの|他の|けど|けれど|ですが|ますが|たが|だった|でした"
    "|[夫妻父母親嫁兄弟姉妹]が|旦那が|主人が|家内が|息子が|娘が|家族が|以前|昔|辞め|やめ|卒業|ので|んで|つもり|予定).){0,8}?"
)
#: What a phrase that denies may end in besides its own ending: 使ってない is also 使っておりません and 使っとらん.
_DENIALS = (
    ("てない", "(?:ては?(?:い|おり)?(?:ない|ません|まへん|へん|ねえ|なか)|と(?:ら(?:ん|へん|ない)|りません)|ちょらん)"),
    ("ません", "ま(?:せん|へん)"),
    ("ない", "(?:ない|へん|ねえ|なか|ん(?![でのだ]))"),
)
#: The western て: 払っとる, 飼っとります; a word of a phrase may end with it.
_GOES_ON = re.compile("(?<=[っしりいきちえけげせてねべめれ])と$|(?<=ん)ど$")
#: One ending for all of a verb that goes on: していません, してない.
_ENDINGS = (
    (re.compile("(?<=[てで])(?:い|おり|はり)?(?:ます|る)$"), "る"),
    (re.compile("(?<=[てで])(?:い|おり|はり)?(?:ません|まへん|ない)$"), "ない"),
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words that say a choice together: 銀行/会社…働い/勤め."""

    #: One of these begins it; looked for first, because that is quick.
    beginnings: tuple[str, ...]
    pattern: re.Pattern[str]

    def places(self, said: str) -> list[tuple[tuple[int, int], ...]]:
        """Where the words of the phrase stand in a text, each time that it is said."""
        if not any(word in said for word in self.beginnings):
            return []
        return [match.regs[1:] for match in self.pattern.finditer(said)]


_Word = TypeVar("_Word", str, Phrase)


@dataclass(frozen=True, kw_only=True, eq=False)
class Terms:
    """The words of one choice, in the form in which texts are searched for them."""

    labels: frozenset[str]
    #: Labels in plain words, of which no part is a name: 仕事をしていない is not said by 仕事しています.
    voiced: frozenset[str]
    #: What its author added as a way of saying it.
    synonyms: frozenset[str]
    #: Parts of labels, and the synonyms.
    parts: frozenset[str]
    #: Labels and synonyms with one ending for all of a verb.
    spoken: frozenset[str]
    is_negative: bool
    #: What somebody is, not what is done there: a teacher of 高校 is none of its pupils.
    of_people: bool
    #: Labels, parts and synonyms by their first two signs, and phrases by their first one: a list has hundreds.
    by_beginning: Mapping[str, tuple[str, ...]]
    phrases_by_beginning: Mapping[str, tuple[Phrase, ...]]

    def beginning_in(self, said: str) -> Iterator[str]:
        """The words of which the first two signs stand in a text."""
        for pair in {*said, *map("".join, pairwise(said))}:
            yield from self.by_beginning.get(pair, ())

    def phrases_begun_in(self, said: str) -> Iterator[Phrase]:
        """The phrases of which the first sign stands in a text, each once."""
        yield from dict.fromkeys(
            phrase for sign in dict.fromkeys(said) for phrase in self.phrases_by_beginning.get(sign, ())
        )


#: By identity, with the choice kept alive beside its terms: asked for many times a reply.
_met: dict[int, tuple[Choice, Terms]] = {}
_MOST_MET = 4096


def terms_of(choice: Choice) -> Terms:
    """Labels, and parts of labels and synonyms, of a choice in every language."""
    met = _met.get(id(choice))
    if met is not None and met[0] is choice:
        return met[1]
    buttons = in_languages(choice.button)
    voiced = (*in_voices(choice.label), *in_voices(choice.button))
    terms = _terms(in_languages(choice.label), buttons, voiced, choice.extra.get("synonyms", ""))
    if len(_met) >= _MOST_MET:
        _met.clear()
    _met[id(choice)] = choice, terms
    return terms


@lru_cache(maxsize=4096)
def _terms(labels: tuple[str, ...], buttons: tuple[str, ...], voiced: tuple[str, ...], synonyms: str) -> Terms:
    whole = frozenset(loose(label) for label in (*labels, *buttons)) - {""}
    of_labels = {loose(part) for label in (*labels, *buttons) for part in _PARTS.split(_BUT.sub("", normalise(label)))}
    words = [word for word in synonyms.split("|") if not _is_phrase(word)]
    # を is left out as often as not: お店やってます.
    said = frozenset(form for word in map(loose, words) for form in (word, word.replace("を", ""))) - {""}
    # A bare figure is the number of a choice, never a part of its label.
    parts = frozenset(part for part in of_labels | said if part and not part.isdigit())
    phrases = tuple(_phrase(word) for word in synonyms.split("|") if _is_phrase(word))
    return Terms(
        labels=whole,
        voiced=frozenset(loose(label) for one in voiced for label in (one, _READING.sub("", one))) - {""},
        synonyms=said,
        parts=parts,
        spoken=frozenset(map(spoken, whole | said)),
        is_negative=any(_NEGATIVE_LABEL.search(fold(label)) for label in labels),
        of_people=any(_PEOPLE.search(label) for label in labels),
        by_beginning=_by_beginning((term[:2], term) for term in whole | parts),
        phrases_by_beginning=_by_beginning((word[0], phrase) for phrase in phrases for word in phrase.beginnings),
    )


def _by_beginning(begun: Iterable[tuple[str, _Word]]) -> Mapping[str, tuple[_Word, ...]]:
    found: dict[str, list[_Word]] = {}
    for beginning, word in begun:
        found.setdefault(beginning, []).append(word)
    return MappingProxyType({beginning: tuple(words) for beginning, words in found.items()})


def _is_phrase(written: str) -> bool:
    return "…" in written or _GOES_ON.search(written) is not None


def _phrase(written: str) -> Phrase:
    parts = [sorted(part.split("/"), key=len, reverse=True) for part in written.split("…")]
    first = [_alone(word) if len(word) == 1 else _word(word) for word in parts[0]]
    pattern = _BETWEEN.join(f"({'|'.join(words)})" for words in (first, *(map(_word, part) for part in parts[1:])))
    beginnings = (loose(_GOES_ON.sub("", word).removesuffix("ない").removesuffix("ません")) for word in parts[0])
    return Phrase(tuple(beginnings), re.compile(pattern))


def _alone(kanji: str) -> str:
    """A kanji that is a word and no part of one: 母, not in 母国."""
    return f"(?<![一-鿿々]){kanji}(?![一-鿿々])"


def _word(written: str) -> str:
    """A word of a phrase, with any ending of its denial."""
    # Where 払っとる goes on is left to be looked at: it may be 払っとった.
    if _GOES_ON.search(written):
        return f"{re.escape(loose(written[:-1]))}(?={written[-1]})"
    word = loose(written)
    ending, denial = next(((ending, denial) for ending, denial in _DENIALS if word.endswith(ending)), ("", ""))
    # Of 辞めたい, 辞めたら and 辞めたり it is no past.
    return re.escape(word.removesuffix(ending)) + (denial or ("(?![いらり])" if word.endswith("た") else ""))


def spoken(said: str) -> str:
    """A loose text whose last verb has one of several endings, and without を."""
    said = said.replace("を", "")
    for pattern, ending in _ENDINGS:
        said = pattern.sub(ending, said)
    return said


def loose(text: str) -> str:
    """A text as it is compared with choices: folded, counted in figures, in one of several spellings."""
    return in_one_spelling(fold(text))


def in_one_spelling(text: str) -> str:
    """A normalised text counted in figures and in one of several spellings, its script left alone."""
    return respell(_COUNTS.sub(lambda match: arabic(match[0]), text))


def respell(text: str) -> str:
    """A normalised text in one of several spellings, its spaces and its script left alone."""
    for pattern, spelling in _SPELLINGS:
        text = pattern.sub(spelling, text)
    return text
