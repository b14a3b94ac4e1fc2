"""What a customer can tell the bot to do, and how people say it.

The exact word is read before an answer, all other ways of saying it only after (a reply that
answers the question is an answer), and after the classifier of intents (``dialogs/faq/intents.py``).  The words are
data: ``locales/<language>/commands.yaml``.
Each command is also understood by its name behind a slash, as the menus of some platforms send it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

from dialogs.conversation.command_courtesies import Courtesies
from dialogs.conversation.wishes import load_wishes
from dialogs.faq.words import Finder, load_words
from dialogs.japanese import fold
from dialogs.japanese.romaji import finished, from_romaji
from locales import language_of

#: A command is said briefly; in a longer text the words are part of a story.
LONGEST_COMMAND = 60
_LONGEST_WORD = 16
#: So far behind whom it is about may stand what is to be done.
_LONGEST_GAP = 16
#: A shorter way of saying it is found by chance where only its sound is compared.
_SHORTEST_SOUND = 4
#: A shorter word becomes another one by a single slip; letters tell less than kana.
_SHORTEST_MISTYPED = {False: 4, True: 6}
#: Shorter ones may be names (つづき, まえ) but for those that end like a verb.
_SHORTEST_IN_ROMAJI, _NO_NAME_ENDS_SO = 4, ("る", "す", "で", "ん", "じ")
_KANJI = re.compile(r"[\u3400-\u9fff]")
_SENTENCES = re.compile("[。!?\u2600-\u27bf\U0001f300-\U0001faff]")  # a picture ends one, too
#: A space between the signs of one sentence, as beginners write.
_SPACES = re.compile(r"(?<=[ぁ-ゖー\u3400-\u9fff]) +(?=[ぁ-ゖ\u3400-\u9fff])")


class Command(StrEnum):
    """Each name is also the key of its words in ``commands.yaml``."""

    #: A person, please.
    STAFF = "staff"
    #: Pause; everything is kept.
    LATER = "later"
    #: One question back.
    BACK = "back"
    #: Change an earlier answer.
    CORRECT = "correct"
    #: Go on after a pause.
    RESUME = "resume"
    #: Part this chat account from the customer.
    UNLINK = "unlink"
    #: Another open case of the same account.
    SWITCH = "switch"
    LANGUAGE_EN = "language_en"
    LANGUAGE_JA = "language_ja"
    #: Plain Japanese.
    LANGUAGE_EASY = "language_easy"
    #: Will not take part.
    STOP = "stop"
    #: Will not answer this question.
    REFUSE = "refuse"
    DONT_KNOW = "dont_know"
    SKIP = "skip"
    #: Hand in the reviewed answers.
    SUBMIT = "submit"
    #: All choices of a multiple choice are made.
    DONE = "done"
    #: As it was last time.
    UNCHANGED = "unchanged"
    #: Why is this asked?
    WHY = "why"
    #: Say the question again.
    REPEAT = "repeat"
    #: What does this question mean?
    MEANING = "meaning"
    #: How far am I?
    STATUS = "status"
    #: Is this really the bank?
    VERIFY = "verify"
    #: Rather on paper.
    PAPER = "paper"
    HELP = "help"


_NAMES = frozenset(Command)

#: Which voice a command asks for.
VOICE_OF_COMMAND: Mapping[Command, str] = MappingProxyType(
    {Command.LANGUAGE_JA: "ja", Command.LANGUAGE_EASY: "ja_easy", Command.LANGUAGE_EN: "en"}
)


@dataclass(frozen=True)
class _Way:
    """One way of saying a command: a piece of text, perhaps at the beginning or the end."""

    text: str
    at_start: bool
    at_end: bool

    def stands_in(self, folded: str, spaced: bool) -> bool:
        if self.at_start and not folded.startswith(self.text):
            return False
        if self.at_end and not folded.endswith(self.text):
            return False
        start = folded.find(self.text)
        while spaced and start > 0 and folded[start - 1].isalnum():
            start = folded.find(self.text, start + 1)
        return start >= 0


@dataclass(frozen=True)
class _Pair:
    """Whom or what it is about, and behind that what is to be done: 係 ... 代わって."""

    first: frozenset[str]
    then: frozenset[str]

    def stands_in(self, folded: str, found: set[str], spaced: bool) -> bool:
        text = f" {folded}" if spaced else folded
        first, then = found & self.first, found & self.then
        if spaced:  # where a word begins
            first, then = {f" {word}" for word in first}, {f" {word}" for word in then}
        ends = [text.find(word) + len(word) for word in first if word in text]
        places = [text.rfind(word) for word in then if word in text] if ends else []
        return any(0 <= place - end <= _LONGEST_GAP for end in ends for place in places)


@dataclass(frozen=True)
class _Said:
    command: Command
    ways: Mapping[str, tuple[_Way, ...]]
    pairs: tuple[_Pair, ...]
    unless: frozenset[str]
    as_question: bool

    def is_said_in(self, folded: str, found: set[str], spaced: bool) -> bool:
        if self.is_cancelled_in(folded, found, spaced):
            return False
        return any(
            way.stands_in(folded, spaced) for text in found & self.ways.keys() for way in self.ways[text]
        ) or self.is_paired_in(folded, found, spaced)

    def is_paired_in(self, folded: str, found: set[str], spaced: bool) -> bool:
        """Whether it is said by two of its words, one behind the other."""
        if self.is_cancelled_in(folded, found, spaced):
            return False
        return any(pair.stands_in(folded, found, spaced) for pair in self.pairs)

    def is_cancelled_in(self, folded: str, found: Collection[str], spaced: bool) -> bool:
        """Whether it has a word that says otherwise; "this question" is not in "this questionnaire"."""
        words = self.unless.intersection(found)
        return any(re.search(rf"{re.escape(word)}s?(?![a-z])", folded) for word in words) if spaced else bool(words)


@dataclass(frozen=True)
class _Commands:
    exact: Mapping[str, Command]
    courtesies: Courtesies
    other: tuple[_Said, ...]
    #: Of those the ones that are the whole text.
    whole: Mapping[str, Command]
    #: Which of all their words stand in a text.
    words: Finder
    #: The same, as they sound, for a text in kana alone.
    sounding: tuple[_Said, ...]
    sounds: Finder
    spaced: bool
    #: The exact words as they sound.
    exact_sounds: Mapping[str, Command]
    #: The exact words by their length.
    by_length: Mapping[int, tuple[str, ...]]


#: The languages whose command words are understood, whatever language is spoken.
LANGUAGES = ("ja", "en")
#: ``/help``, or ``/help@some_bot`` where several bots could be meant.
_SLASH = re.compile(r"/([a-z_]+)(?:@\w+)?", re.ASCII)


def exact(folded: str, locale: str) -> Command | None:
    """The command, when the whole text is one of its words; every language is understood."""
    if (slash := _SLASH.fullmatch(folded)) and (named := _by_name(slash[1], locale)):
        return named
    bare = folded.rstrip("?") or folded
    for language in _languages(locale):
        commands, wishes = _load(language), load_wishes(language)
        core = commands.courtesies.written_out(bare) if wishes is None else wishes.core(bare)
        whole = (folded, bare, core)
        for text in (*whole, *(less for one in dict.fromkeys((bare, core)) for less in commands.courtesies.cores(one))):
            if text in commands.exact:
                return commands.exact[text]
    return _in_romaji(bare) or next(filter(None, map(_load("ja").exact.get, finished(bare))), None)


def exact_words(language: str) -> Mapping[str, Command]:
    """The words that are a command by themselves in a language, folded."""
    return _load(language).exact


def _in_romaji(bare: str) -> Command | None:
    """The same where a Japanese word is typed in Latin letters: modoru, wakarimasen, tantousha."""
    kana = from_romaji(bare)
    if kana is None or (len(kana) < _SHORTEST_IN_ROMAJI and not kana.endswith(_NO_NAME_ENDS_SO)):
        return None
    known = _load("ja").exact_sounds
    return known.get(kana) or known.get(kana.removesuffix("です").removesuffix("ください"))


def _by_name(name: str, locale: str) -> Command | None:
    if name == "language":  # the other one
        return Command.LANGUAGE_EN if _languages(locale)[0] == "ja" else Command.LANGUAGE_JA
    return Command(name) if name in _NAMES else None


def wished(folded: str, locale: str) -> Command | None:
    """The command that a text wishes for by its grammar, a longer one in its last sentence."""
    *before, last = ["", *filter(None, _SENTENCES.split(folded))]
    if len(folded) > LONGEST_COMMAND:
        folded = last if len(before) > 1 and len(last) <= LONGEST_COMMAND else ""
    if len(before) > 1 and (said := exact(last, locale)) in _AFTER_A_SENTENCE:
        return said
    for language in _languages(locale):
        wishes = load_wishes(language)
        if wishes is None:
            if (said := _in_pairs(folded, language)) is not None:
                return said
            continue
        if len(folded) <= _LONGEST_WORD and (said := _load(language).whole.get(wishes.core(folded))) is not None:
            return said
        for text in dict.fromkeys((folded, _SPACES.sub("", folded))):
            for name in wishes.wished(text):
                command = Command(name)
                if _is_denied(text, locale, command):
                    continue
                if command is Command.DONT_KNOW and (other := by_words(text, locale)) is not None:
                    return other  # what the question means, or how to go on
                return command
    return None


#: Their word alone behind a sentence is still a wish: 話が通じない。人.
_AFTER_A_SENTENCE = frozenset({Command.STAFF, Command.STOP, Command.BACK, Command.LATER, Command.CORRECT})


def _in_pairs(folded: str, language: str) -> Command | None:
    """Where words do not change much, their order is the grammar: talk to ... person."""
    commands = _load(language)
    folded = commands.courtesies.written_out(folded)
    found = commands.words.names(folded)
    if not found:
        return None
    question = load_words(language).is_question(folded)
    for said in commands.other:
        if (said.as_question or not question) and said.is_paired_in(folded, found, commands.spaced):
            return said.command
    return None


def by_words(folded: str, locale: str) -> Command | None:
    """The command that the words of a short text name."""
    if len(folded) > LONGEST_COMMAND:
        return None
    languages = _languages(locale)
    folded = _SPACES.sub("", folded)
    return next(filter(None, (_spoken(folded, language) for language in languages)), None) or next(
        filter(None, (_mistyped(folded, language) for language in languages)), None
    )


def _is_denied(folded: str, locale: str, command: Command) -> bool:
    """Whether the text has words that say it is not this command, whatever else sounds like it."""
    return any(
        said.is_cancelled_in(folded, [word for word in said.unless if word in folded], commands.spaced)
        for commands in map(_load, _languages(locale))
        for said in commands.other
        if said.command is command
    )


def _spoken(folded: str, language: str) -> Command | None:
    commands = _load(language)
    folded = commands.courtesies.written_out(folded)
    question = load_words(language).is_question(folded)
    ways = [(commands.other, commands.words.names(folded))]
    if commands.sounding and not _KANJI.search(folded):
        ways.append((commands.sounding, commands.sounds.names(folded)))
    for others, found in ways:
        for said in others if found else ():
            if (said.as_question or not question) and said.is_said_in(folded, found, commands.spaced):
                return said.command
    return None


def _mistyped(folded: str, language: str) -> Command | None:
    """The command whose word was meant where the fingers slipped once."""
    commands, bare = _load(language), folded.rstrip("?")
    shortest = _SHORTEST_MISTYPED[commands.spaced]
    if len(bare) < shortest:
        return None
    words = [word for size in range(len(bare) - 1, len(bare) + 2) for word in commands.by_length.get(size, ())]
    found = process.extract(bare, words, scorer=OSA.distance, score_cutoff=1, limit=None)
    near = {commands.exact[word] for word, _, _ in found if len(word) >= shortest}
    return near.pop() if len(near) == 1 else None


def _languages(locale: str) -> tuple[str, ...]:
    """The language that is spoken first, then the others; a variant (ja_easy) has its base's words."""
    own = language_of(locale)
    return (own, *(language for language in LANGUAGES if language != own)) if own in LANGUAGES else LANGUAGES


@lru_cache(maxsize=len(LANGUAGES))
def _load(language: str) -> _Commands:
    text = (files("locales") / language / "commands.yaml").read_text(encoding="utf-8")
    # A safe loader: every scalar is text.
    data: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    courtesies = Courtesies.taken_from(data)
    whole: dict[str, Command] = {}
    for name, words in data.items():
        for word in words["exact"]:
            if whole.setdefault(fold(word), Command(name)) is not Command(name):
                raise ValueError(f"{language}: {word} is a word of both {name} and {whole[fold(word)]}")
    words = load_words(language)
    other = tuple(_said(name, data[name], fold, shortest=1) for name in data)
    sounding: tuple[_Said, ...] = ()
    if not words.spaced:
        sounding = tuple(_said(name, data[name], words.sound_of, shortest=_SHORTEST_SOUND) for name in data)
    return _Commands(
        exact=whole,
        courtesies=courtesies,
        other=other,
        whole={
            way.text: said.command
            for said in other
            for ways in said.ways.values()
            for way in ways
            if way.at_start and way.at_end
        },
        words=_finder(other),
        sounding=sounding,
        sounds=_finder(sounding),
        spaced=words.spaced,
        exact_sounds={}
        if words.spaced
        else {words.sound_of(word): whole[word] for word in whole if not word.isascii()},
        by_length={size: tuple(word for word in whole if len(word) == size) for size in set(map(len, whole))},
    )


def _said(name: str, words: Mapping[str, Any], read: Callable[[str], str], *, shortest: int) -> _Said:
    ways: dict[str, tuple[_Way, ...]] = {}
    for word in words["other"]:
        text = read(word.removeprefix("^").removesuffix("$"))
        if len(text) >= shortest:
            ways[text] = (*ways.get(text, ()), _Way(text=text, at_start=word[0] == "^", at_end=word[-1] == "$"))
    return _Said(
        command=Command(name),
        ways=ways,
        pairs=tuple(
            _Pair(first=frozenset(map(read, pair["first"])), then=frozenset(map(read, pair["then"])))
            for pair in words.get("pairs", ())
        ),
        unless=frozenset(map(read, words["unless"])),
        as_question=words["as_question"] == "true",
    )


def _finder(others: tuple[_Said, ...]) -> Finder:
    words = {
        word
        for said in others
        for word in (*said.ways, *said.unless, *(word for pair in said.pairs for word in pair.first | pair.then))
    }
    return Finder(((word, word) for word in words), at_word_start=False)
