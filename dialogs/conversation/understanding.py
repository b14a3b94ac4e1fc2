"""What a typed text can mean: its folded form, a command in it, and the topic it asks about.

This is the heavy reading.  It is pure and safe for threads, and runs before the transaction, so
that inside it ``engine.step`` only decides.  Heaviest are the topics: who knows that they will hardly
be asked for (the text is an answer) leaves them to be found if they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from dialogs.conversation import commands
from dialogs.conversation.commands import Command
from dialogs.faq.matcher import MAX_LENGTH, Action, Match, Matcher
from dialogs.japanese import fold
from dialogs.japanese.romaji import from_romaji
from locales import language_of

#: So likely is a command that is no answer in words: where its words name it too, and where they do not.
SURE_WITH_ITS_WORDS, SURE = 0.12, 0.85
#: Hardly any answer is so near to "back", which asks for nothing in so many words.
SURE_OF_BACK = 0.98
#: What is shorter in kana may be a word of another language (no, one).
SHORTEST_ROMAJI = 4
_INSTEAD_OF_AN_ANSWER = frozenset(
    {
        Command.STAFF,
        Command.LATER,
        Command.BACK,
        Command.CORRECT,
        Command.STOP,
        Command.STATUS,
        Command.HELP,
        Command.SKIP,
        Command.REFUSE,
        Command.DONT_KNOW,
    }
)
#: Wished for, and never told as what has happened.
_NEVER_TOLD = frozenset({Command.STAFF, Command.LATER, Command.BACK, Command.STOP})


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
    #: A command that it wishes for, by its grammar.
    wished: Command | None
    #: A command that its words name.
    spoken: Command | None
    #: It asks somebody to do something.
    requests: bool
    #: Looks for what it asks about.
    find: Callable[[], Match] = field(repr=False, compare=False)
    #: What readers of replies made of it, by all that they had to know (``answering``): they are pure.
    replies: dict[object, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def match(self) -> Match:
        """What the text asks about."""
        return self.find()

    @property
    def command(self) -> Command | None:
        """The text speaks of this command in other words: the words name it, or it sounds like those that do."""
        if self.wished is not None:
            return self.wished
        if self.spoken is not None and not self.match.like_an_answer:
            return self.spoken
        if self.match.command is None:
            return None
        command = Command(self.match.command)
        return None if commands.is_denied(self.folded, self.locale, command) else command

    @property
    def plain_command(self) -> Command | None:
        """The command that is to be done even where nearly any text would be an answer."""
        if self.wished is not None:
            return None if self.match.like_an_answer else self.wished
        command = self.command
        if command not in _INSTEAD_OF_AN_ANSWER or command != self.match.likeliest_command:
            return None
        if command in _NEVER_TOLD and commands.tells(self.folded, self.locale):
            return None  # who has left or returned something
        if command is Command.STAFF and not self.requests:
            return None  # whose work is with customers or on the telephone
        least = SURE if self.spoken is None else SURE_WITH_ITS_WORDS
        if self.spoken is None and not self.requests:
            if command is not Command.BACK:
                return None  # near to a command it is, and asks nothing: なおし屋
            least = SURE_OF_BACK
        return command if self.match.command_score >= least else None

    @property
    def action(self) -> Action:
        """What the text comes to when it is no answer: a command before a topic."""
        return Action.COMMAND if self.exact or self.command else self.match.action


class Understanding:
    """Reads texts with the live FAQ of each language."""

    def __init__(self, matchers: Mapping[str, Matcher]) -> None:
        if not matchers:
            raise ValueError("at least one language is needed")
        self._matchers = dict(matchers)

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
        kana = from_romaji(folded) if exact is None and language_of(locale) == "ja" else None
        said = text
        if kana is not None and len(kana) >= SHORTEST_ROMAJI:
            said, folded = kana, fold(kana)
        wished = commands.wished(folded, locale)
        reading = Reading(
            text=text,
            folded=folded,
            locale=locale,
            exact=exact,
            is_question=matcher.words.is_question(folded),
            wished=wished,
            spoken=wished or commands.by_words(folded, locale),
            requests=commands.requests(folded, locale),
            find=partial(matcher.match, said, question_topic=question_topic, folded=folded),
        )
        if topics and reading.exact is None:
            _ = reading.match
        return reading
