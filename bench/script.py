"""What a customer of a run says next, seeing only what the bot has shown.

Promise: every customer goes from the letter's code to the receipt on the shortest way that a real one could
take, typing a third of the answers instead of tapping them and asking one question of his own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bench.bank import Letter
from dialogs.conversation.wording import TICK_MARKS
from dialogs.definition.model import Questionnaire, pick
from dialogs.definition.yaml_format import load_shipped

#: Where "not changed", "no" and the first choice would not lead to the receipt.
_ANSWERS = {
    "consent": "agree",
    "respondent": "self",
    "antisocial": "declared",
    "monthly_amount": "under_100k",
    "foreign_pep": "none",
}
_LOCALE = "ja"
_ASKS_AT = 9
_QUESTION = "なぜこんなことを聞くのですか?"


@dataclass(frozen=True)
class Act:
    """One thing done on a phone: words typed, or the data of a button tapped."""

    text: str | None = None
    data: str | None = None


@dataclass(frozen=True)
class Shown:
    """A button as the customer sees it."""

    option: str
    data: str
    words: str


@dataclass(frozen=True)
class Form:
    """The choices by which the customers of a run are known."""

    wanted: frozenset[str]
    no: frozenset[str]
    #: The one question of yes or no whose answer is yes.
    affirmed: str

    @classmethod
    def shipped(cls) -> Form:
        """Of the individual questionnaire."""
        definition = load_shipped("individual")
        wanted = {word for name, choice in _ANSWERS.items() for word in _words(definition, name, choice)}
        no = {
            word
            for question in definition.questions
            if question.list_name and any(c.name == "no" for c in definition.choices[question.list_name])
            for word in _words(definition, question.name, "no")
        }
        affirmed = definition.question("own_use").label[_LOCALE]
        return cls(frozenset(wanted), frozenset(no), affirmed)


def _words(definition: Questionnaire, question: str, choice: str) -> Iterator[str]:
    found = definition.choice(definition.question(question), choice)
    assert found is not None
    for texts in (found.button, found.label):
        yield pick(texts, _LOCALE, definition.default_language)


@dataclass
class Customer:
    """One person with a letter; ``sees`` what arrives, ``next_act`` says what he does then."""

    user_id: str
    letter: Letter
    form: Form = field(repr=False)
    turns: int = 0
    is_done: bool = False
    _buttons: Mapping[str, Shown] = field(default_factory=dict)
    _agrees: bool = False

    def sees(self, text: str, buttons: list[Shown]) -> None:
        """A message arrived; one without buttons leaves those of the last one."""
        if buttons:
            self._buttons = {shown.option: shown for shown in buttons}
            self._agrees = self.form.affirmed in text

    @property
    def expects_no_button(self) -> bool:
        """The proof of who he is, and the receipt, offer nothing to tap."""
        return self.turns in (2, 3) or self.is_done

    def next_act(self) -> Act:
        """What he does next."""
        self.turns += 1
        match self.turns:
            case 1:
                return Act(text=self.letter.code)
            case 2:
                return Act(data=self._buttons["same"].data)
            case 3:
                return Act(text=self.letter.birth_date)
            case 4:
                return Act(text=self.letter.phone_tail)
            case n if n == _ASKS_AT:
                return Act(text=_QUESTION)
        chosen = self._choose()
        self.is_done = chosen.option == "submit"
        if self.turns % 3 == 0 and chosen.option not in ("ok", "submit", "skip"):
            return Act(text=chosen.words)
        return Act(data=chosen.data)

    def _choose(self) -> Shown:
        buttons = self._buttons
        choices = {name: shown for name, shown in buttons.items() if name[0] == "c" and name[1:].isdigit()}
        for known in ("submit", "ok", "same", "skip", "yes"):
            if known in buttons and (known == "ok" or not choices):
                return buttons[known]
        for words in (self.form.wanted, frozenset() if self._agrees else self.form.no):
            for shown in choices.values():
                if shown.words in words:
                    return shown
        return choices["c0"]


def bare(words: str) -> str:
    """A button's wording without the tick mark of a multiple choice."""
    for mark in TICK_MARKS:
        words = words.removeprefix(mark)
    return words


#: Questions of the peers' form, and how many choices each has.
PEER_QUESTIONS = 20
PEER_CHOICES = 3


@dataclass
class PeerCustomer:
    """One person at a bot of the peers: the same mixture of taps and typed answers."""

    user_id: str
    turns: int = 0
    is_done: bool = False
    expects_no_button: bool = False
    _buttons: list[Shown] = field(default_factory=list)

    def sees(self, text: str, buttons: list[Shown]) -> None:
        """A message arrived."""
        if buttons:
            self._buttons = buttons

    def next_act(self) -> Act:
        """What he does next."""
        self.turns += 1
        if self.turns == 1:
            return Act(text="/start")
        if self.turns == PEER_QUESTIONS + 1:
            self.is_done = self.expects_no_button = True
        shown = self._buttons[0]
        return Act(text=shown.words) if self.turns % 3 == 0 else Act(data=shown.data)
