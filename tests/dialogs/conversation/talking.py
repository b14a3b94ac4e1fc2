"""A conversation in memory for the tests: the real guard, readers, FAQ, engine and wording.

Between any two turns the snapshot is written to JSON and read back, and after every turn it must be
what the recorded events fold to, themselves written and read back.  So every test that talks is also
a test of a restart.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

from bot.channels.limits import LIMITS
from dialogs.conversation import engine, events as ev, inputs as inp, state as st, wording
from dialogs.conversation.answering import reader_kind
from dialogs.conversation.commands import VOICE_OF_COMMAND
from dialogs.conversation.events import AnswerState, Event, Form, Key, Owner
from dialogs.conversation.form import Position
from dialogs.conversation.lists import ListLimits
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.people import Staffing
from dialogs.conversation.prompts import Message, MessageKind, Phrase, Prompt, ShownButton
from dialogs.conversation.state import State
from dialogs.conversation.steps import Leave, Step
from dialogs.conversation.understanding import Reading, Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import load_shipped, read_questionnaire
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import in_voice, load_shipped as load_topics
from dialogs.guard import find_secret
from locales import SHIPPED_LANGUAGES, language_of, load_catalogue

#: Tuesday 24 November 2026, ten o'clock in Tokyo.
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))

RECEIPT = "K7QM-4TRX"
STAFF_ID = "staff-1"


@lru_cache(maxsize=1)
def understanding() -> Understanding:
    """Both languages with the shipped FAQ; made once, since it reads dictionaries."""
    return Understanding({language: matcher_for(load_topics(language), language) for language in SHIPPED_LANGUAGES})


@lru_cache(maxsize=4096)
def read(text: str, locale: str) -> Reading:
    return understanding().read(text, locale)


@lru_cache(maxsize=8)
def voice(language: str, channel: str = "LINE") -> Voice:
    due_on = {"ja": "2027年1月31日", "en": "January 31, 2027"}[language_of(language)]
    topics = {one: {topic.id: topic for topic in load_topics(one)} for one in {language, language_of(language)}}
    return Voice(
        catalogue=load_catalogue(language),
        topics=in_voice(language, topics),
        facts={"bank_name": "みほん銀行", "bank_phone": "0120-000-000", "channel_name": channel, "due_on": due_on},
    )


@lru_cache(maxsize=8)
def shipped(name: str) -> Questionnaire:
    return load_shipped(name)


@lru_cache(maxsize=256)
def form(survey: str, choices: str = "", language: str = "ja") -> Questionnaire:
    """A small form from its survey and its choice lists, in YAML."""
    settings = f"settings: {{id: small, version: '1', title: {{{language}: 質問票}}, default_language: {language}}}\n"
    indented = "\n".join("  " + line for line in survey.strip("\n").splitlines())
    lists = "choices:\n" + "\n".join("  " + line for line in choices.strip("\n").splitlines()) if choices else ""
    return read_questionnaire(f"{settings}survey:\n{indented}\n{lists}\n".encode(), origin="small.yaml")


@dataclass
class Talk:
    """One conversation; what was said last stands in ``said``."""

    definition: Questionnaire
    locale: str = "ja"
    master: Mapping[str, str] = field(default_factory=dict)
    sensitive_allowed: bool = True
    now: datetime = NOW
    channel: str = "LINE"
    begun: bool = True
    #: What both platforms show of a list.
    lists: ListLimits | None = LIMITS["line"].lists
    staffing: Staffing | None = None

    def __post_init__(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.snapshot = "{}"
        #: As read back from the snapshot.
        self.state = State()
        self._folded = State()
        self.said: list[Message] = []
        self.prompts: list[Prompt] = []
        self.shown: list[Message] = []
        self.leaves: list[Leave] = []
        self.last: list[Event] = []
        self._content = count(1)
        #: The content row of what was typed last.
        self.typed = ""
        self._tokens: set[str] = set()
        started = ev.Started(
            at=self.now,
            definition_sha256=self.definition.sha256,
            locale=self.locale,
            receipt_no=RECEIPT,
            master=dict(self.master),
            sensitive_allowed=self.sensitive_allowed,
        )
        self._keep([started], st.apply(State(), started))
        if self.begun:
            self.send(inp.Began())

    # Speaking -----------------------------------------------------------------------------------

    def send(self, what: inp.Input) -> list[Message]:
        """One input through the engine, with everything that must always hold."""
        before = self.state
        step = engine.step(self.definition, before, what, self.now, self.lists, self.staffing)
        self._check(before, what, step)
        self._keep(step.events, step.state)
        self.last, self.prompts, self.leaves = list(step.events), list(step.says), list(step.leaves)
        self.said = [self._render(prompt) for prompt in step.says]
        self.shown += self.said
        return self.said

    def type(self, text: str) -> list[Message]:
        """What the customer types: the guard sees it before anything else."""
        secret = find_secret(text, expected=self._expected())
        if secret is not None:
            return self.send(inp.SecretWithheld(secret=secret.kind.value))
        reading = read(text, self.state.locale)
        self.typed = f"content-{next(self._content)}"
        return self.send(inp.Said(reading=reading, content_id=self.typed))

    def tap(self, label: str) -> list[Message]:
        """A tap on the button with this label, of the newest bubble that has it."""
        for message in reversed(self.shown):
            for button in (*message.buttons, *message.shortcuts):
                if label in (button.label, button.label.removeprefix("☑ ").removeprefix("☐ ")):
                    return self.send(self._tap(message, button))
        shown = [b.label for m in self.shown[-6:] for b in (*m.buttons, *m.shortcuts)]
        raise AssertionError(f"no button {label!r}; there were {shown}")

    def option(self, option: str, token: str | None = None) -> list[Message]:
        """A tap by its code, on the newest prompt."""
        newest = self.state.open.tokens[-1] if self.state.open is not None else "-"
        return self.send(inp.Chose(token=token or newest, option=option, content_id=f"content-{next(self._content)}"))

    def pick(self, *names: str) -> list[Message]:
        return self.send(inp.Picked(names=names))

    def say(self, *replies: str) -> list[Message]:
        """Several replies in turn: ``[label]`` is a tap, anything else is typed."""
        for reply in replies:
            if reply.startswith("[") and reply.endswith("]"):
                self.tap(reply[1:-1])
            else:
                self.type(reply)
        return self.said

    def staff_takes(self) -> list[Message]:
        return self.send(inp.StaffTook(staff_id=STAFF_ID, epoch=self.state.epoch + 1))

    def hand_back(self) -> list[Message]:
        return self.send(inp.HandedBack(staff_id=STAFF_ID))

    def later(self, **span: int) -> None:
        self.now += timedelta(**span)

    def record(self, event: Event) -> None:
        """A fact that another part of the service records."""
        self._keep([event], st.apply(self.state, event))

    def render(self, key: str, **params: str) -> Message:
        """A sentence that another part of the service says in this conversation."""
        message = self._render(Prompt(kind=MessageKind.NOTICE, pieces=(Phrase(key=key, params=params),)))
        self.shown.append(message)
        return message

    # Looking ------------------------------------------------------------------------------------

    @property
    def events(self) -> list[Event]:
        return [ev.from_json(data) for data in self.log]

    @property
    def position(self) -> Position:
        return Position(self.definition, self.state, self.now)

    @property
    def asked(self) -> str | None:
        """The question that is open, as ``name`` or ``name[2]``."""
        prompt = self.state.open
        return None if prompt is None or prompt.key is None else str(prompt.key)

    @property
    def shape(self) -> Form | None:
        prompt = self.state.open
        return None if prompt is None else prompt.form

    @property
    def open(self) -> OpenPrompt:
        prompt = self.state.open
        assert prompt is not None
        return prompt

    @property
    def answers(self) -> dict[str, str]:
        return {str(key): answer.value for key, answer in self.state.answers.items()}

    @property
    def texts(self) -> str:
        """All that was said in the last turn."""
        return "\n".join(message.text for message in self.said)

    @property
    def labels(self) -> list[str]:
        """The buttons of the last bubble."""
        return [button.label for button in self.said[-1].buttons]

    @property
    def ways_out(self) -> list[str]:
        return [button.option for button in self.said[-1].shortcuts]

    @property
    def problem(self) -> str | None:
        """The code with which the last reply was refused."""
        return next((event.problem for event in self.last if isinstance(event, ev.Refused)), None)

    @property
    def faq(self) -> tuple[str, ...]:
        """The topics that the last turn answered or offered."""
        return next((event.topics for event in self.last if isinstance(event, ev.FaqShown)), ())

    @property
    def failures(self) -> int:
        return self.open.failures

    def kinds(self) -> list[str]:
        """The facts of the last turn."""
        return [event.kind for event in self.last]

    def in_state(self, state: AnswerState) -> list[str]:
        return [str(key) for key, answer in self.state.answers.items() if answer.state is state]

    def submission(self) -> dict[str, tuple[str, AnswerState, bool]]:
        """What a submission would hold now: the relevant answers in form order."""
        answers = self.state.answers
        return {
            str(slot.key): (answers[slot.key].value, answers[slot.key].state, answers[slot.key].marked)
            for slot in self.position.asked_slots
            if slot.key in answers
        }

    # What must always hold ----------------------------------------------------------------------

    def _check(self, before: State, what: inp.Input, step: Step) -> None:
        folded = before
        for event in step.events:
            folded = st.apply(folded, event)
            if isinstance(event, ev.Asked):
                assert event.token not in self._tokens, "a token belongs to one prompt"
                self._tokens.add(event.token)
                self._was_relevant(folded, event)
        assert folded == step.state, "the state is the fold of what was recorded"
        for prompt in step.says:
            options = [button.option for button in (*prompt.buttons, *prompt.shortcuts)]
            assert len(options) == len(set(options)), f"two buttons do the same: {options}"
            anywhere = {"staff", "later", "resume", "why", "verify", "wait", "phone", *VOICE_OF_COMMAND}
            if prompt.token is None:
                assert all(option in anywhere or option.startswith("q.") for option in options), options
        entered = isinstance(what, inp.StaffEntered) or (isinstance(what, inp.Chose) and what.token.startswith("s"))
        if before.owner is Owner.STAFF and step.state.owner is Owner.STAFF and not entered:
            assert not step.says, "a person speaks: the bot is silent"
        if not isinstance(what, inp.Began):
            assert step.events or before.owner is not Owner.BOT or step.says or step.leaves, "something happens"

    def _was_relevant(self, state: State, event: ev.Asked) -> None:
        if event.key is not None:
            position = Position(self.definition, state, self.now)
            assert event.key in {slot.key for slot in position.asked_slots}, f"{event.key} was asked but is irrelevant"

    def _keep(self, events: list[Event] | tuple[Event, ...], state: State) -> None:
        written = json.loads(json.dumps([ev.to_json(event) for event in events]))
        self.log += written
        self.snapshot = json.dumps(st.to_json(state))
        self.state = st.from_json(json.loads(self.snapshot))
        assert self.state == state, "the snapshot survives a restart"
        # Step by step, so that a long talk stays quick; ``fold`` does nothing else.
        self._folded = st.fold((ev.from_json(data) for data in written), self._folded)
        assert self._folded == state, "the snapshot is the fold of the log"

    def _render(self, prompt: Prompt) -> Message:
        message = wording.render(prompt, self.definition, voice(self.state.locale, self.channel))
        assert wording.from_json(json.loads(json.dumps(wording.to_json(message)))) == message
        assert message.text.strip(), "no empty bubble"
        return message

    def _tap(self, message: Message, button: ShownButton) -> inp.Chose:
        return inp.Chose(token=message.token or "-", option=button.option, content_id=f"content-{next(self._content)}")

    def _expected(self) -> str | None:
        prompt = self.state.open
        if prompt is None or prompt.key is None or prompt.form is Form.MORE:
            return None
        return reader_kind(self.definition.question(prompt.key.question))


def keys(*names: str) -> Iterator[Key]:
    """``name`` and ``name[2]`` as keys."""
    for name in names:
        bare, _, rest = name.partition("[")
        yield Key(bare, int(rest.rstrip("]") or 0) if rest else 0)
