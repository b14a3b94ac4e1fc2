"""What a typed text can mean: its folded form, a command in it, and the topic it asks about.

This is the heavy reading.  It is pure and safe for threads, and runs before the transaction, so
that inside it ``engine.step`` only decides.  Heaviest are the topics: who knows that they will hardly
be asked for (the text is an answer) leaves them to be found if they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from dialogs.conversation import commands
from dialogs.conversation.commands import Command
from dialogs.faq.intents import SURE, load_intents
from dialogs.faq.matcher import MAX_LENGTH, Action, Match, Matcher, Reason
from dialogs.japanese import fold
from dialogs.japanese.romaji import from_romaji
from locales import language_of

#: What is shorter in kana may be a word of another language (no, one).
SHORTEST_ROMAJI = 4
_JAPANESE, _LATIN = re.compile(r"[ぁ-ヿ\u3400-\u9fff]"), re.compile("[a-z]")
#: Ways of answering, in words that a question for words takes as they are.
_ANSWERS = frozenset({Command.DONE, Command.UNCHANGED, Command.SUBMIT})


@dataclass(frozen=True)
class Reading:
    """A text and everything it can mean, in one language."""

    text: str = field(repr=False)
    #: Romaji in kana, where Japanese is spoken.
    folded: str = field(repr=False)
    locale: str
    #: The whole text is a word of this command.
    exact: Command | None
    #: Marked as a question for certain.
    is_question: bool
    #: Looks for what it asks about.
    find: Callable[[], Match] = field(repr=False, compare=False)
    #: What readers of replies made of it, by all that they had to know (``answering``): they are pure.
    replies: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def match(self) -> Match:
        """What the text asks about."""
        return self.find()

    @property
    def _is_silent(self) -> bool:
        """Whether its grammar and words are not asked: a danger comes first, and an answer is one."""
        return self.match.reason is Reason.DANGER or self.match.intent.answer >= SURE

    @cached_property
    def wished(self) -> Command | None:
        """The command that it wishes for by its grammar."""
        return None if self._is_silent else commands.wished(self.folded, self.locale)

    @cached_property
    def command(self) -> Command | None:
        """The command that the text speaks of: as others did, by its grammar, or in its words."""
        if self.match.command is not None:
            return Command(self.match.command)
        if self.wished is not None or self._is_silent:
            return self.wished
        return commands.by_words(self.folded, self.locale)

    @property
    def plain_command(self) -> Command | None:
        """The command, in other words than its own, that is done even where nearly any text would be an answer."""
        if self.exact is not None:
            return None
        heard = self.command if self.match.command is not None and self.match.intent.is_sure else self.wished
        return None if heard in _ANSWERS else heard

    @property
    def action(self) -> Action:
        """What the text comes to when it is no answer: a command before a topic."""
        return Action.COMMAND if self.exact or self.command else self.match.action


def in_kana(text: str, folded: str, locale: str) -> tuple[str, str]:
    """A text and its folded form, in kana where it is Japanese in Latin letters."""
    kana = from_romaji(folded) if language_of(locale) == "ja" else None
    return (text, folded) if kana is None or len(kana) < SHORTEST_ROMAJI else (kana, fold(kana))


class Understanding:
    """Reads texts with the live FAQ of each language."""

    def __init__(self, matchers: Mapping[str, Matcher]) -> None:
        if not matchers:
            raise ValueError("at least one language is needed")
        self._matchers = dict(matchers)
        for matcher in matchers.values():  # a spoilt file is found at the start
            load_intents(matcher.locale)

    def tier(self, locale: str) -> str:
        """``encoder`` or ``light``: with what questions are compared."""
        return self._matcher(locale).tier

    def _matcher(self, locale: str) -> Matcher:
        return self._matchers.get(language_of(locale)) or next(iter(self._matchers.values()))

    def read(self, text: str, locale: str, *, question_topic: str | None = None, topics: bool = True) -> Reading:
        """What ``text`` can mean; ``question_topic`` is the FAQ topic of the open question.

        Without ``topics`` these are looked for when they are first asked for.
        """
        matcher = self._matcher(locale)
        folded = fold(text[:MAX_LENGTH])
        exact = commands.exact(folded, locale) if len(folded) <= commands.LONGEST_COMMAND else None
        said, folded = (text, folded) if exact is not None else in_kana(text, folded, locale)
        reading = Reading(
            text=text,
            folded=folded,
            locale=locale,
            exact=exact,
            is_question=matcher.words.is_question(folded),
            find=partial(self._find, matcher, said, folded, question_topic),
        )
        if topics and reading.exact is None:
            _ = reading.match
        return reading

    def _find(self, matcher: Matcher, said: str, folded: str, question_topic: str | None) -> Match:
        """What it asks about in the language that is spoken, and what it wants in the one that it is written in."""
        other = self._matchers.get(_written_in(folded), matcher)
        intent = None if other is matcher else other.intent(said, folded)
        return matcher.match(said, question_topic=question_topic, folded=folded, intent=intent)


def _written_in(folded: str) -> str:
    """The language that the signs of a text tell of."""
    return "ja" if _JAPANESE.search(folded) else "en" if _LATIN.search(folded) else ""
