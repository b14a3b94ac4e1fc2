"""A customer of few words: walks the individual form through the real position, without any wording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from dialogs.conversation.events import Answered, AnswerState, Key, NoteShown, Started
from dialogs.conversation.form import Position
from dialogs.conversation.state import State, apply
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import load_shipped

#: 24 November 2026, ten o'clock in Tokyo.
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)

#: What a customer says to whom nothing special applies.
QUIET = {
    "consent": "agree",
    "respondent": "self",
    "name": "山田 花子",
    "name_kana": "ヤマダ ハナコ",
    "address": "東京都千代田区千代田1-2-3",
    "postal_code": "1000001",
    "phone": "09012345678",
    "email": "",
    "occupation": "homemaker",
    "employer": "みほん商事",
    "employer_kana": "ミホンショウジ",
    "industry": "services",
    "business_detail": "和菓子の販売",
    "side_job": "no",
    "purposes": "living_expenses",
    "frequency": "weekly",
    "monthly_amount": "under_100k",
    "funds_source": "salary",
    "large_cash": "no",
    "remittance": "no",
    "sanctioned": "no",
    "nationality": "JPN",
    "nationality_count": "1",
    "residence_status": "permanent_resident",
    "residence_expiry": "2029-04-01",
    "overseas_ties": "no",
    "foreign_pep": "none",
    "income_band": "from_2m",
    "own_use": "yes",
    "antisocial": "declared",
}


@dataclass(kw_only=True)
class Walk:
    """What happened on the way to the review, or to where it stopped."""

    asked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    #: Questions after whose answer a person takes over.
    handovers: list[str] = field(default_factory=list)
    #: Answers against which a cross check speaks.
    checks: list[str] = field(default_factory=list)
    #: Answers that the form does not take.
    refused: list[str] = field(default_factory=list)
    ended_at: str | None = None
    #: Regulatory items of the answers that stand at the end.
    items: set[str] = field(default_factory=set)


Walker = Callable[..., Walk]


@pytest.fixture(scope="session")
def individual() -> Questionnaire:
    return load_shipped("individual")


@pytest.fixture
def walk(individual: Questionnaire) -> Walker:
    """``walk(master, question="value", question__2="second")``; what is registered stays unless it is named."""

    def run(master: Mapping[str, str] | None = None, **given: str) -> Walk:
        return _walk(individual, master or {}, given)

    return run


def _walk(form: Questionnaire, master: Mapping[str, str], given: Mapping[str, str]) -> Walk:
    walk = Walk()
    state = apply(
        State(),
        Started(at=NOW, definition_sha256=form.sha256, locale="ja", receipt_no="R-1", master=master),
    )
    for _ in range(200):
        position = Position(form, state, NOW)
        for note in position.pending_notes:
            walk.notes.append(note.key.question)
            state = apply(state, NoteShown(at=NOW, key=note.key))
        slot = position.current
        if slot is None:
            break
        question = slot.question
        assert question is not None
        name, value = str(slot.key), _reply(slot.key, given)
        walk.asked.append(name)
        known = master.get(question.bot.prefill or "", "").replace(";", " ")
        kept = bool(known) and value is None
        if kept:
            walk.unchanged.append(name)
        value = known if kept else QUIET.get(slot.key.question) if value is None else value
        assert value is not None, f"the walk does not know what to say to {name}"
        bound = None if kept or not value else question.constraint
        if bound is not None and not position.truth(bound, slot.key, value):
            walk.refused.append(name)
            break
        state = apply(state, _answered(slot.key, value, kept))
        position = Position(form, state, NOW)
        if question.bot.check is not None and not position.truth(question.bot.check, slot.key, value):
            walk.checks.append(name)
        if question.bot.end is not None and position.truth(question.bot.end, slot.key, value):
            walk.ended_at = name
            break
        if question.bot.handover is not None and position.truth(question.bot.handover, slot.key, value):
            walk.handovers.append(name)
    else:
        raise AssertionError("the form does not end")
    walk.items = {form.question(Key(*key).question).bot.kyc_item or "" for key in state.answers} - {""}
    return walk


def _reply(key: Key, given: Mapping[str, str]) -> str | None:
    return given.get(f"{key.question}__{key.instance}" if key.instance else key.question)


def _answered(key: Key, value: str, kept: bool) -> Answered:
    state = AnswerState.UNCHANGED if kept else AnswerState.ANSWERED
    return Answered(at=NOW, key=key, value=value, display=value, state=state, locale="ja")
