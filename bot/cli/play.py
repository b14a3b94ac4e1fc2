"""``kakunin questionnaire play`` and ``kakunin chat``: a form without store or platform, with the real engine."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from bot.cli.errors import UserError
from bot.cli.questionnaire_files import form_of, read_form
from dialogs.conversation import engine, events as ev, inputs as inp, wording
from dialogs.conversation.events import AnswerState, Form, Key
from dialogs.conversation.form import Position
from dialogs.conversation.prompts import Message, MessageKind
from dialogs.conversation.state import State, apply, from_json, to_json
from dialogs.conversation.steps import Step
from dialogs.conversation.understanding import Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire, QuestionType, pick
from dialogs.guard import find_secret

#: What a bank would have set; a form is played without one.
_BANK = {"bank_name": "サンプル銀行", "bank_phone": "0120-000-000"}


class Player:
    """One conversation with a form, in memory."""

    def __init__(
        self,
        definition: Questionnaire,
        *,
        locale: str,
        now: Callable[[], datetime],
        understanding: Understanding,
        voices: Mapping[str, Voice],
        master: Mapping[str, str] | None = None,
    ) -> None:
        self.definition = definition
        self._now = now
        self._understanding = understanding
        self._voices = voices
        started = ev.Started(
            at=now(),
            definition_sha256=definition.sha256,
            locale=locale,
            receipt_no="PLAY-0001",
            master=dict(master or {}),
        )
        self.state = apply(State(), started)
        self.said: list[Message] = []
        #: The newest bubble that waits for a reply.
        self.question: Message | None = None
        self._step: Step | None = None

    def begin(self) -> None:
        self._run(inp.Began())

    def send(self, what: inp.Input) -> None:
        self._run(what)

    def type(self, text: str) -> None:
        """What a customer types: the guard first, then the reading."""
        secret = find_secret(text, expected=self._expected())
        if secret is not None:
            self._run(inp.SecretWithheld(secret=secret.kind.value))
            return
        self._run(inp.Said(reading=self._understanding.read(text, self.state.locale)))

    def tap(self, option: str) -> None:
        """A tap on a button of the newest prompt."""
        token = self.state.open.tokens[-1] if self.state.open is not None else "-"
        self._run(inp.Chose(token=token, option=option))

    def _expected(self) -> str | None:
        from dialogs.conversation.answering import reader_kind

        prompt = self.state.open
        if prompt is None or prompt.key is None or prompt.form is Form.MORE:
            return None
        return reader_kind(self.definition.question(prompt.key.question))

    def _run(self, what: inp.Input) -> None:
        # The state is written and read back between any two turns, as the store does it.
        state = from_json(to_json(self.state))
        self._step = engine.step(self.definition, state, what, self._now())
        self.state = self._step.state
        voice = self._voices[self.state.locale]
        self.said = [wording.render(prompt, self.definition, voice) for prompt in self._step.says]
        for message in self.said:
            if message.kind is MessageKind.QUESTION:
                self.question = message

    # What the contract's JSON line holds ----------------------------------------------------------

    def line(self) -> dict[str, Any]:
        """One turn as the contract prints it."""
        events = self._step.events if self._step is not None else ()
        problems = [event.problem for event in events if isinstance(event, ev.Refused)]
        shown = [event for event in events if isinstance(event, ev.FaqShown)]
        phase = self.state.phase
        return {
            "asked": self._asked() if phase == "asking" else None,
            "phase": phase,
            "problem": problems[-1] if problems else None,
            "faq": shown[-1].topics[0] if shown else None,
            "text": [message.text for message in self.said],
            "choices": self.choices() if phase == "asking" else [],
            "answers": self._answers(),
        }

    def _asked(self) -> str | None:
        prompt = self.state.open
        return None if prompt is None or prompt.key is None else prompt.key.question

    def choices(self) -> list[dict[str, str]]:
        """What can be chosen by name: the question's choices, or the two buttons of a question of our own."""
        prompt = self.state.open
        if prompt is None:
            return []
        if prompt.key is not None and prompt.form in (Form.QUESTION, Form.OFFERED):
            position = Position(self.definition, self.state, self._now())
            question = self.definition.question(prompt.key.question)
            if question.is_select:
                language = self.definition.default_language
                return [
                    {"name": choice.name, "label": pick(choice.label, self.state.locale, language)}
                    for choice in position.choices(question, prompt.key)
                ]
            if prompt.form is Form.QUESTION and question.type is not QuestionType.ACKNOWLEDGE:
                return []
        buttons = () if self.question is None else self.question.buttons
        return [{"name": button.option, "label": button.label} for button in buttons]

    def _answers(self) -> dict[str, Any]:
        names = {question.name: question for question in self.definition.questions}
        answers: dict[str, Any] = {}
        for key, answer in self.state.answers.items():
            question = names.get(key.question)
            if question is None or answer.state in (AnswerState.DECLINED, AnswerState.OTHER_CHANNEL):
                continue
            value: Any = answer.value
            if question.type is QuestionType.SELECT_MULTIPLE:
                value = list(answer.codes)
            elif question.type is QuestionType.INTEGER and answer.value:
                value = int(answer.value)
            elif question.type is QuestionType.DECIMAL and answer.value:
                value = float(answer.value)
            answers[_answer_name(key)] = value
        return answers


def _answer_name(key: Key) -> str:
    return f"{key.question}__{key.instance}" if key.instance else key.question


def make_player(definition: Questionnaire, *, locale: str, today: date | None, zone: str = "Asia/Tokyo") -> Player:
    """A player over the shipped texts; ``today`` freezes the day."""
    from dialogs.faq.matcher import matcher_for
    from dialogs.faq.topics import in_voice, load_shipped
    from locales import SHIPPED_LANGUAGES, VOICES, load_catalogue
    from storage.universe import Universe

    if locale not in VOICES:
        raise UserError(f"--locale {locale}: shipped languages are {', '.join(VOICES)}.")
    tz = ZoneInfo(zone)
    clock = Universe.real().now
    fixed = None if today is None else datetime.combine(today, time(12), tz)
    topics = {voice: {topic.id: topic for topic in load_shipped(voice)} for voice in VOICES}
    voices = {
        voice: Voice(
            catalogue=load_catalogue(voice),
            topics=in_voice(voice, topics),
            facts={
                **_BANK,
                "channel_name": load_catalogue(voice).text("fact.channel_chat"),
                "due_on": load_catalogue(voice).text("fact.due_on"),
            },
        )
        for voice in VOICES
    }
    understanding = Understanding(
        {language: matcher_for(load_shipped(language), language) for language in SHIPPED_LANGUAGES}
    )
    return Player(
        definition,
        locale=locale,
        now=lambda: fixed or clock().astimezone(tz),
        understanding=understanding,
        voices=voices,
    )


def load_form(name_or_path: str, locale: str | None = None) -> Questionnaire:
    """A shipped form by name, or a file; raises ``UserError`` where it cannot be read."""
    from dialogs.definition.yaml_format import load_shipped, shipped_names
    from locales import SHIPPED_LANGUAGES, load_catalogue

    if name_or_path in shipped_names():
        return load_shipped(name_or_path)
    catalogue = load_catalogue(locale if locale in SHIPPED_LANGUAGES else SHIPPED_LANGUAGES[0])
    return form_of(read_form(name_or_path, catalogue), Path(name_or_path), catalogue)


def _voice_of(definition: Questionnaire) -> str:
    """The first of the form's languages in which we speak; a form in none of them is asked in its own words."""
    from locales import SHIPPED_LANGUAGES, VOICES

    return next((one for one in definition.languages if one in VOICES), SHIPPED_LANGUAGES[-1])


def play(form: str, *, locale: str | None, today: date | None, as_json: bool, stdin: TextIO, stdout: TextIO) -> None:
    """Play a form: replies are lines on ``stdin``; the first turn comes before any of them."""
    definition = load_form(form, locale)
    player = make_player(definition, locale=locale or _voice_of(definition), today=today)
    player.begin()
    _show(player, as_json, stdout)
    for what in _replies(stdin, as_json):
        what(player)
        _show(player, as_json, stdout)


def _replies(stdin: TextIO, as_json: bool) -> Iterator[Callable[[Player], None]]:
    for number, line in enumerate(stdin, 1):
        line = line.rstrip("\r\n")
        if as_json:
            if line.strip():
                yield _json_reply(line, number)
        else:
            yield lambda player, text=line: player.type(text)  # type: ignore[misc]


def _json_reply(line: str, number: int) -> Callable[[Player], None]:
    try:
        data = json.loads(line)
    except ValueError:
        raise UserError(f"standard input, line {number}: this is no JSON.") from None
    match data:
        case {"text": str(text)}:
            return lambda player: player.type(text)
        case {"choice": str(name)}:
            return lambda player: _choose(player, (name,))
        case {"choices": list(names)} if all(isinstance(name, str) for name in names):
            return lambda player: _choose(player, tuple(names))
        case {"command": "correct", "question": str(question)}:
            return lambda player: player.send(_to_correct(player, question))
        case {"command": ("back" | "pause" | "staff" | "confirm" | "resume") as command}:
            return lambda player: _command(player, command)
    raise UserError(
        f"standard input, line {number}: expected text, choice, choices or a command (back, pause, staff, "
        "confirm, resume, correct with question)."
    )


def _choose(player: Player, names: tuple[str, ...]) -> None:
    """Choices of the question by name; a name that is none of them may be a button: yes, no, same, skip, ..."""
    listed = {choice["name"] for choice in player.choices()}
    options = () if player.question is None else tuple(button.option for button in player.question.buttons)
    prompt = player.state.open
    key = None if prompt is None or prompt.form not in (Form.QUESTION, Form.OFFERED) else prompt.key
    of_question = key is not None and player.definition.question(key.question).is_select and set(names) <= listed
    if len(names) == 1 and names[0] in options and not of_question:
        player.tap(names[0])
    else:
        player.send(inp.Picked(names=names))


def _to_correct(player: Player, name: str) -> inp.AskedToCorrect:
    """A question as the answers name it: ``thing__2`` in a repeat, where ``thing`` alone is the first."""
    known = player.definition.by_name
    bare, _, instance = name.rpartition("__")
    if name not in known and bare in known and instance.isascii() and instance.isdecimal():
        return inp.AskedToCorrect(question=bare, instance=int(instance))
    return inp.AskedToCorrect(question=name, instance=1 if name in player.definition.repeats else 0)


def _command(player: Player, command: str) -> None:
    prompt = player.state.open
    if command == "confirm":
        review = prompt is not None and prompt.form is Form.REVIEW
        player.tap("submit" if review else "same" if prompt is not None and prompt.form is Form.OFFERED else "yes")
    else:
        player.tap({"back": "back", "pause": "later", "staff": "staff", "resume": "resume"}[command])


def _show(player: Player, as_json: bool, stdout: TextIO) -> None:
    if as_json:
        stdout.write(json.dumps(player.line(), ensure_ascii=False) + "\n")
    else:
        for text in _lines(player.said):
            stdout.write(text + "\n")
    stdout.flush()


def _lines(said: Iterable[Message]) -> Iterator[str]:
    for message in said:
        yield message.text
        for number, button in enumerate(message.buttons, 1):
            yield f"  [{number}] {button.label}"
        if message.shortcuts:
            yield "  " + " / ".join(button.label for button in message.shortcuts)
        if message.kind is not MessageKind.QUESTION:
            yield ""


def chat(form: str, *, locale: str | None) -> None:
    """A conversation in the terminal; an empty line or Ctrl-D ends it."""
    definition = load_form(form, locale)
    player = make_player(definition, locale=locale or _voice_of(definition), today=None)
    player.begin()
    _show(player, False, sys.stdout)
    while not player.state.completed:
        sys.stdout.write("> ")
        sys.stdout.flush()
        line = sys.stdin.readline()
        if not line.strip():
            return
        player.type(line.strip())
        _show(player, False, sys.stdout)
