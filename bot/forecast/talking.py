"""Conversations played with the real form and the real engine: how they end, where people leave, how long they take.

Promise: whatever ends a conversation here (an answer that needs a person, the end of the form, the receipt) was decided
by the engine; only when somebody gives up, asks or mistypes comes from the assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from bot.forecast.assumptions import Persona
from bot.forecast.chance import Chance
from dialogs.conversation import engine, events as ev, inputs as inp, wording
from dialogs.conversation.events import Form, Key
from dialogs.conversation.form import Position
from dialogs.conversation.prompts import Message, MessageKind
from dialogs.conversation.state import State, apply
from dialogs.conversation.understanding import Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Question, Questionnaire, QuestionType, pick

#: A conversation that has come to no end by then never will.
_MOST_TURNS = 300
#: Taps in the order in which somebody takes them who only wants to get on.
_GOING_ON = ("submit", "same", "skip", "yes", "ok")
#: Choices of somebody of whom there is nothing special to say.
_USUAL = ("agree", "self", "declared", "no", "none")
#: How a conversation ends, by the phase it is in.
_ENDS = {"completed": "completed", "ended": "ended", "staff": "person"}
_BORN = date(1970, 4, 1)
#: Seconds to type a sign.
_TYPING = 0.4


@dataclass(frozen=True, kw_only=True)
class Played:
    """One conversation that was played to its end."""

    form: str
    persona: str
    #: completed, left, person (a member of staff takes over), ended (the form leads to paper or the telephone)
    outcome: str
    #: Where it stopped; empty where it was completed.
    question: str
    turns: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What all conversations of a run share."""

    forms: Mapping[str, Questionnaire]
    understanding: Understanding
    voice: Voice
    #: Questions of the FAQ, as customers put them.
    questions: Sequence[str]
    start: datetime


@dataclass
class _Talk:
    """One conversation while it goes on."""

    stage: Stage
    form: Questionnaire
    persona: Persona
    chance: Chance
    name: str
    state: State = field(init=False)
    now: datetime = field(init=False)
    shown: Message | None = None
    turns: int = 0

    def __post_init__(self) -> None:
        self.now = self.stage.start
        master = {
            "name": "Customer",
            "birth_date": _BORN.isoformat(),
            "address": "Chiyoda 1-2-3",
            "phone": "0312345678",
        }
        started = ev.Started(
            at=self.now,
            definition_sha256=self.form.sha256,
            locale=self.stage.voice.locale,
            receipt_no="SIMULATED",
            master=master,
        )
        self.state = apply(State(), started)

    def send(self, what: inp.Input) -> None:
        """One turn, and the time that it takes the customer to read what he is told."""
        self.turns += 1
        step = engine.step(self.form, self.state, what, self.now)
        self.state = step.state
        for prompt in step.says:
            message = wording.render(prompt, self.form, self.stage.voice)
            self.wait(len(message.text) / self.persona.signs)
            if message.kind is MessageKind.QUESTION:
                self.shown = message

    def say(self, text: str) -> None:
        self.wait(len(text) * _TYPING)
        self.send(inp.Said(reading=self.stage.understanding.read(text, self.state.locale)))

    def tap(self, option: str) -> None:
        prompt = self.state.open
        assert prompt is not None
        self.send(inp.Chose(token=prompt.tokens[-1], option=option))

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def happens(self, percent: float, what: str) -> bool:
        return self.chance.happens(percent, self.name, self.turns, what)

    @property
    def options(self) -> tuple[str, ...]:
        return () if self.shown is None else tuple(button.option for button in self.shown.buttons)

    @property
    def shortcuts(self) -> tuple[str, ...]:
        return () if self.shown is None else tuple(button.option for button in self.shown.shortcuts)


def play(stage: Stage, form: str, name: str, persona: Persona, chance: Chance, number: int) -> Played:
    """One conversation of a persona with a form."""
    talk = _Talk(stage, stage.forms[form], persona, chance, f"{form}/{name}/{number}")
    talk.send(inp.Began())
    outcome = ""
    while not (outcome := _outcome(talk)):
        talk.wait(persona.think)
        if talk.turns >= _MOST_TURNS or talk.happens(persona.leaves, "leaves"):
            outcome = "left"
            break
        _turn(talk)
    prompt = talk.state.open
    where = "" if outcome == "completed" or prompt is None or prompt.key is None else prompt.key.question
    seconds = (talk.now - stage.start).total_seconds()
    return Played(form=form, persona=name, outcome=outcome, question=where, turns=talk.turns, seconds=round(seconds, 1))


def _outcome(talk: _Talk) -> str:
    return _ENDS.get(talk.state.phase, "")


def _turn(talk: _Talk) -> None:
    """What he does about the open question."""
    persona = talk.persona
    if talk.state.phase == "paused":
        talk.tap("resume")
    elif talk.happens(persona.staff, "staff") and "staff" in (*talk.options, *talk.shortcuts):
        talk.tap("staff")
    elif talk.happens(persona.asks, "asks") and talk.stage.questions:
        place = int(talk.chance.of(talk.name, talk.turns, "which") * len(talk.stage.questions))
        talk.say(talk.stage.questions[place])
    elif talk.happens(persona.mistypes, "mistypes"):
        talk.say("zzz")
    else:
        _answer(talk)


def _answer(talk: _Talk) -> None:
    prompt = talk.state.open
    question = None if prompt is None or prompt.key is None else talk.form.by_name.get(prompt.key.question)
    if prompt is None or question is None or prompt.form not in (Form.QUESTION, Form.OFFERED):
        _go_on(talk)
    elif prompt.form is Form.OFFERED and "same" in talk.options:
        talk.tap("same")
    elif question.is_select and prompt.key is not None:
        _choose(talk, question, prompt.key)
    elif question.type is QuestionType.ACKNOWLEDGE:
        _go_on(talk)
    elif "skip" in talk.options:
        talk.tap("skip")
    else:
        _type(talk, question)


def _go_on(talk: _Talk) -> None:
    options = (*talk.options, *talk.shortcuts)
    more = talk.state.open is not None and talk.state.open.form is Form.MORE
    # Nobody has another one of anything, or a list would never end.
    wanted = next((option for option in (("no",) if more else _GOING_ON) if option in options), None)
    if wanted is None:
        wanted = options[0] if options else None
    if wanted is None:
        talk.say("ok")
    else:
        talk.tap(wanted)


def _choose(talk: _Talk, question: Question, key: Key) -> None:
    names = [choice.name for choice in Position(talk.form, talk.state, talk.now).choices(question, key)]
    if not names:
        _go_on(talk)
    elif talk.happens(talk.persona.unusual, "unusual"):
        talk.send(inp.Picked(names=(names[int(talk.chance.of(talk.name, talk.turns, "choice") * len(names))],)))
    else:
        usual = [name for name in _USUAL if name in names]
        _send_first(talk, [inp.Picked(names=(name,)) for name in dict.fromkeys([*usual, *names])])


def _type(talk: _Talk, question: Question) -> None:
    example = pick(question.bot.example, talk.state.locale, talk.form.default_language)
    today = talk.now.date()
    days = [_BORN.isoformat(), (today + timedelta(days=400)).isoformat(), (today - timedelta(days=400)).isoformat()]
    words = days if question.type is QuestionType.DATE else [example, "1", *days]
    tried = [text for text in words if text]
    read = talk.stage.understanding.read
    talk.wait(len(tried[0]) * _TYPING)
    _send_first(talk, [inp.Said(reading=read(text, talk.state.locale, topics=False)) for text in tried])


def _send_first(talk: _Talk, replies: Sequence[inp.Input]) -> None:
    """The first reply that the form takes and after which it goes on; the first of all where there is none."""

    def leads_on(reply: inp.Input) -> bool:
        step = engine.step(talk.form, talk.state, reply, talk.now)
        refused = any(isinstance(event, ev.Refused) for event in step.events)
        return not refused and step.state.phase not in _ENDS

    talk.send(next((reply for reply in replies if leads_on(reply)), replies[0]))
