"""The engine by itself: inputs in, steps out; beside the state machines of other bots' libraries.

Promise: every engine plays the same conversations (``peers/conversations.py``) in the same run. What is measured is
the processor's time: the machine may have other work to do.
"""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from bench.peers.conversations import ACTS, OLDEST, QUESTIONS, YOUNGEST, measured
from bench.runs import Row
from dialogs.conversation import engine, events as ev, inputs as inp, wording
from dialogs.conversation.answering import reader_kind
from dialogs.conversation.form import Position
from dialogs.conversation.prompts import Prompt
from dialogs.conversation.state import State, apply, from_json, to_json
from dialogs.conversation.steps import Step
from dialogs.conversation.understanding import Reading, Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Question, Questionnaire, QuestionType
from dialogs.definition.yaml_format import load_shipped, read_questionnaire
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import load_shipped as load_topics
from locales import load_catalogue

NOW = datetime(2026, 11, 24, 10, tzinfo=ZoneInfo("Asia/Tokyo"))
_PEERS = {"python-telegram-bot ConversationHandler": "ptb_engine.py", "aiogram FSM": "aiogram_engine.py"}
#: What the bank holds of the customers of the shipped forms.
_MASTER = {
    "name": "山田 花子", "name_kana": "ヤマダ ハナコ", "birth_date": "1958-04-01", "postal_code": "1000001",
    "address": "東京都千代田区千代田1-2-3", "phone": "0312345678", "occupation": "pensioner",
    "purposes": "pension;living_expenses", "nationality": "JPN", "risk_rating": "low", "kind": "individual",
}  # fmt: skip
_COMPANY = {
    "kind": "corporate", "name": "株式会社みほん商事", "name_kana": "ミホンショウジ", "postal_code": "1000001",
    "address": "東京都千代田区千代田1-2-3", "phone": "0312345678", "corporate_number": "7000012050002",
    "representative_name": "佐藤 一郎", "business": "wholesale", "purposes": "business", "risk_rating": "low",
}  # fmt: skip
_TYPED = {"text": "みほん", "integer": "3", "date": "2026-10-01", "amount": "100万円", "name": "佐藤 一郎"}


def engines(python: Path | None) -> Iterator[Row]:
    """The form of eight questions, by us and by the peers; then the shipped forms."""
    definition = _form()
    ours = _ours("step", definition, _Talk)
    yield ours
    yield _ours("whole: typed texts read, step, words rendered", definition, _TalkInWords)
    for name, script in _PEERS.items() if python is not None else ():
        for mode in ("bare", "whole"):
            words = [str(python), "-W", "ignore", str(Path(__file__).parent / "peers" / script), mode]
            found = json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
            yield _row(f"{name}, {mode}", found, f"our step is {ours.turns_per_s / found['turns_per_s']:.1f} x; ")
    yield from _shipped_forms()


def _row(what: str, found: dict[str, float], note: str = "") -> Row:
    kept = f"{note}{found['bytes']:.0f} bytes a conversation in memory, {found['stored']:.0f} as JSON"
    return Row("engine", what, found["turns_per_s"], note=kept)


def _ours(what: str, definition: Questionnaire, kind: type[_Talk]) -> Row:
    found = asyncio.run(measured(lambda _: kind(definition), kind.turn, lambda talk: to_json(talk.state)))
    return _row(f"kakunin, {what}", found)


# Our side of the peers' conversations ---------------------------------------------------------


def _form() -> Questionnaire:
    """The peers' questions as a questionnaire; the last one is the review, which shows all answers."""
    survey: list[dict[str, Any]] = []
    for name, words, choices in QUESTIONS[:-1]:
        kind = "text" if name == "name" else "integer" if not choices else f"select_one of_{len(choices)}"
        row: dict[str, Any] = {"type": kind, "name": name, "label": {"ja": words}, "required": "true()"}
        if kind == "integer":
            row["constraint"] = f". >= {YOUNGEST} and . <= {OLDEST}"
            row["constraint_message"] = {"ja": f"{YOUNGEST}から{OLDEST}までの数でお願いします。"}
        survey.append(row)
    lists = {f"of_{len(c)}": [{"name": f"n{i}", "label": {"ja": w}} for i, w in enumerate(c)] for _, _, c in QUESTIONS}
    settings = {"id": "bench", "version": "1", "title": {"ja": "質問票"}, "default_language": "ja"}
    choices = {name: rows for name, rows in lists.items() if rows}
    source = json.dumps({"settings": settings, "survey": survey, "choices": choices}, ensure_ascii=False)
    return read_questionnaire(source.encode(), origin="bench.yaml")  # JSON is YAML


@cache
def _understanding() -> Understanding:
    return Understanding({"ja": matcher_for(load_topics("ja"), "ja", "off")})


@cache
def _read(text: str) -> Reading:
    return _understanding().read(text, "ja")


@cache
def _voice() -> Voice:
    topics = {topic.id: topic for topic in load_topics("ja")}
    facts = {"bank_name": "みほん銀行", "bank_phone": "0120-000-000", "channel_name": "LINE", "due_on": "2027年1月31日"}
    return Voice(catalogue=load_catalogue("ja"), topics=topics, facts=facts)


@dataclass
class _Talk:
    """One conversation; the last prompt has the token of the next tap."""

    definition: Questionnaire
    master: dict[str, str] = field(default_factory=dict)
    says: tuple[Prompt, ...] = ()

    def __post_init__(self) -> None:
        started = ev.Started(
            at=NOW, definition_sha256=self.definition.sha256, locale="ja", receipt_no="BENCH", master=self.master
        )
        self.state = apply(State(), started)

    def turn(self, number: int) -> None:
        """One act of the peers' conversations."""
        act = None if number == 0 else ACTS[number - 1]
        if act is None:
            self.step(inp.Began())
        elif isinstance(act, str):
            self.step(inp.Said(reading=self.read(act)))
        else:
            option = f"c{act}" if number < len(ACTS) else "submit"
            self.step(inp.Chose(token=self.says[-1].token or "", option=option))

    def read(self, text: str) -> Reading:
        """The typed text as it was read before the turn."""
        return _read(text)

    def step(self, what: inp.Input) -> Step:
        """One input."""
        step = engine.step(self.definition, self.state, what, NOW)
        self.state, self.says = step.state, step.says
        return step


class _TalkInWords(_Talk):
    """The same to the words that a customer reads."""

    def read(self, text: str) -> Reading:
        return _understanding().read(text, "ja", topics=False)

    def step(self, what: inp.Input) -> Step:
        step = super().step(what)
        for prompt in step.says:
            wording.render(prompt, self.definition, _voice())
        return step


# The shipped forms -------------------------------------------------------------------------------


def _shipped_forms() -> Iterator[Row]:
    individual, corporate = load_shipped("individual"), load_shipped("corporate")
    for name, definition, master in (("individual", individual, _MASTER), ("corporate", corporate, _COMPANY)):
        turns, took = 0, []
        for _ in range(20):
            talk = _Talk(definition, master)
            began = time.process_time()
            turns = _to_the_review(talk)
            took.append(time.process_time() - began)
        kept = json.dumps(to_json(talk.state), ensure_ascii=False, separators=(",", ":")).encode()
        note = f"{turns} turns, {len(talk.state.answers)} answers; snapshot at the end {len(kept)} bytes as JSON"
        yield Row("engine", f"{name} form, step", round(turns / median(took)), note=note)
        yield from _corrections(name, talk)


def _corrections(name: str, talk: _Talk) -> Iterator[Row]:
    """Every answer of the complete form is opened and given again."""
    end, took = talk.state, []
    for key in end.answers:
        talk.state = end
        talk.step(inp.AskedToCorrect(question=key.question, instance=key.instance))
        option = next((b.option for b in talk.says[-1].buttons if b.option in ("same", "yes")), None)
        if option is not None:
            took.append(_step_from_nothing(talk, inp.Chose(token=talk.says[-1].token or "", option=option)))
    talk.state = end
    whole = median(_seconds(lambda: Position(talk.definition, end, NOW).progress) for _ in range(50))
    note = f"a correction, median; at most {max(took) * 1000:.3f} ms; the form from nothing {whole * 1000:.3f} ms"
    yield Row("engine", f"{name} form, corrections", round(1 / median(took)), round(median(took) * 1000, 3), note=note)


def _step_from_nothing(talk: _Talk, what: inp.Input) -> float:
    """As a turn meets it: the state has just been read, and nothing is known of it yet."""
    kept = to_json(talk.state)

    def timed() -> float:
        state = from_json(kept)
        return _seconds(lambda: engine.step(talk.definition, state, what, NOW))

    return min(timed() for _ in range(5))


def _seconds(deed: Callable[[], object]) -> float:
    gc.disable()
    began = time.perf_counter()
    deed()
    took = time.perf_counter() - began
    gc.enable()
    return took


def _to_the_review(talk: _Talk) -> int:
    """The shortest way: what is offered holds, else the first choice with which the bot goes on."""
    talk.step(inp.Began())
    for turns in range(1, 500):
        prompt = talk.says[-1]
        options = {button.option for button in prompt.buttons}
        if "submit" in options:
            return turns
        option = next((o for o in ("same", "ok", "skip", "yes", "no") if o in options), None)
        open_prompt = talk.state.open
        assert open_prompt is not None
        assert open_prompt.key is not None, "a person was called"
        question = None if open_prompt.form is ev.Form.MORE else talk.definition.question(open_prompt.key.question)
        if option is not None and (option == "ok" or question is None or not question.is_select or option == "same"):
            talk.step(inp.Chose(token=prompt.token or "", option="no" if question is None else option))
        elif question is not None and question.is_select:
            talk.step(inp.Chose(token=prompt.token or "", option=_goes_on(talk, question, sorted(options))))
        else:
            assert question is not None
            talk.step(inp.Said(reading=_read(_words_for(question))))
    raise AssertionError("the form does not end")


def _goes_on(talk: _Talk, question: Question, options: list[str]) -> str:
    """The choice after which the bot goes on itself and fewest questions are left."""
    assert talk.state.open is not None
    assert talk.state.open.key is not None
    key, found = talk.state.open.key, []
    for option in options:
        if option[0] == "c" and option[1:].isdecimal():
            name = talk.definition.choices[question.list_name or ""][int(option[1:])].name
            answered = ev.Answered(
                at=NOW, key=key, value=name, display=name, state=ev.AnswerState.ANSWERED, locale="ja"
            )
            then = Position(talk.definition, apply(talk.state, answered), NOW)
            if not any(stop and then.truth(stop, key) for stop in (question.bot.handover, question.bot.end)):
                found.append((len(then.asked_slots), option))
    return min(found)[1]


def _words_for(question: Question) -> str:
    if question.bot.example:
        return question.bot.example["ja"]
    return "はい" if question.type is QuestionType.ACKNOWLEDGE else _TYPED.get(reader_kind(question), "みほん")
