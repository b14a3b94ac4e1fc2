"""What a customer can tell the bot to do, and how people say it.

The exact word is read before an answer, all other ways of saying it only after (a reply that
answers the question is an answer).  The words are data: ``locales/<language>/commands.yaml``.
Each command is also understood by its name behind a slash, as the menus of some platforms send it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from dialogs.faq.words import load_words
from dialogs.japanese import fold

#: A command is said briefly; in a longer text the words are part of a story.
LONGEST_COMMAND = 60


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
class _Said:
    command: Command
    ways: tuple[_Way, ...]
    unless: tuple[str, ...]
    as_question: bool


@dataclass(frozen=True)
class _Commands:
    exact: Mapping[str, Command]
    polite_endings: tuple[str, ...]
    other: tuple[_Said, ...]
    spaced: bool


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
        commands = _load(language)
        for text in (folded, bare):
            if text in commands.exact:
                return commands.exact[text]
        for ending in commands.polite_endings:
            if bare.endswith(ending) and bare.removesuffix(ending) in commands.exact:
                return commands.exact[bare.removesuffix(ending)]
    return None


def _by_name(name: str, locale: str) -> Command | None:
    if name == "language":  # the other one
        return Command.LANGUAGE_EN if _languages(locale)[0] == "ja" else Command.LANGUAGE_JA
    return Command(name) if name in _NAMES else None


def in_other_words(folded: str, locale: str) -> Command | None:
    """The command that a short text speaks of without being its word; negations and questions are minded."""
    if len(folded) > LONGEST_COMMAND:
        return None
    for language in _languages(locale):
        commands = _load(language)
        question = load_words(language).is_question(folded)
        for said in commands.other:
            if question and not said.as_question:
                continue
            # Nearly all of some hundred ways are not in the text at all, which is quicker seen than asked.
            if any(way.text in folded and way.stands_in(folded, commands.spaced) for way in said.ways) and not any(
                word in folded for word in said.unless
            ):
                return said.command
    return None


def _languages(locale: str) -> tuple[str, ...]:
    """The language that is spoken first, then the others; a variant (ja_easy) has its base's words."""
    own = locale.replace("-", "_").partition("_")[0]
    return (own, *(language for language in LANGUAGES if language != own)) if own in LANGUAGES else LANGUAGES


@lru_cache(maxsize=len(LANGUAGES))
def _load(language: str) -> _Commands:
    text = (files("locales") / language / "commands.yaml").read_text(encoding="utf-8")
    # A safe loader: every scalar is text.
    data: dict[str, Any] = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    endings = tuple(str(ending).casefold() for ending in data.pop("polite_endings"))
    whole: dict[str, Command] = {}
    other: list[_Said] = []
    for name, words in data.items():
        command = Command(name)
        for word in words["exact"]:
            if whole.setdefault(fold(word), command) is not command:
                raise ValueError(f"{language}: {word} is a word of both {command} and {whole[fold(word)]}")
        other.append(
            _Said(
                command=command,
                ways=tuple(_way(word) for word in words["other"]),
                unless=tuple(fold(word) for word in words["unless"]),
                as_question=words["as_question"] == "true",
            )
        )
    return _Commands(exact=whole, polite_endings=endings, other=tuple(other), spaced=load_words(language).spaced)


def _way(word: str) -> _Way:
    return _Way(text=fold(word.removeprefix("^").removesuffix("$")), at_start=word[0] == "^", at_end=word[-1] == "$")
