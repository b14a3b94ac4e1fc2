"""A customer of few words: walks a form through the real position, without any wording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from dialogs.conversation.events import Answered, AnswerState, Key, NoteShown, Started
from dialogs.conversation.form import Position
from dialogs.conversation.state import State, apply
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import load_shipped, shipped_names
from dialogs.records import changed

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
    "large_plans": "no",
    "asset_band": "from_1m",
    "wealth_background": "長年の給与",
    "own_use": "yes",
    "antisocial": "declared",
}

#: What the head of a small company says, of whom nothing is registered and who owns more than half of it.
QUIET_COMPANY = {
    "consent": "agree",
    "respondent": "representative_officer",
    "respondent_name": "山田 花子",
    "respondent_department": "総務部",
    "respondent_authorised": "yes",
    "corporate_type": "stock_company",
    "listed": "unlisted",
    "corporate_number": "7000012050002",
    "name": "株式会社みほん商事",
    "name_kana": "ミホンショウジ",
    "name_latin": "",
    "address": "東京都千代田区千代田1-2-3",
    "postal_code": "1000001",
    "offices": "head_office",
    "established": "1998-04-01",
    "phone": "0312345678",
    "email": "",
    "website": "",
    "representative_name": "佐藤 一郎",
    "representative_kana": "サトウ イチロウ",
    "representative_title": "代表取締役",
    "representative_birth_date": "1965-10-01",
    "operation": "active",
    "business_lines": "wholesale",
    "business_detail": "和菓子の卸売",
    "licence": "第00000号",
    "yearly_sales": "from_50m",
    "staff_count": "from_6",
    "main_partners": "農家と百貨店",
    "purposes": "business",
    "monthly_amount": "over_1m",
    "large_cash": "no",
    "remittance": "no",
    "sanctioned": "no",
    "owner_exempt": "yes",
    "owner_majority": "yes",
    "owner_quarter": "no",
    "owner_influence": "no",
    "owner_ground": "share",
    "owner_kind": "individual",
    "owner_name": "佐藤 一郎",
    "owner_kana": "サトウ イチロウ",
    "owner_birth_date": "1965-10-01",
    "owner_address": "東京都千代田区千代田1-2-3",
    "owner_nationality": "JPN",
    "owner_relation": "representative_officer",
    "owner_share": "60",
    "owner_holding": "direct",
    "owner_pep": "none",
    "owners_pep": "none",
    "foreign_pep": "none",
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


@pytest.fixture(scope="session", params=shipped_names())
def form(request: pytest.FixtureRequest) -> Questionnaire:
    """Each of the shipped forms."""
    return load_shipped(request.param)


@pytest.fixture(scope="session")
def individual() -> Questionnaire:
    return load_shipped("individual")


@pytest.fixture(scope="session")
def corporate() -> Questionnaire:
    return load_shipped("corporate")


@pytest.fixture
def walk(individual: Questionnaire) -> Walker:
    """``walk(master, question="value", question__2="second")``; what is registered stays unless it is named."""

    def run(master: Mapping[str, str] | None = None, **given: str) -> Walk:
        return _walk(individual, QUIET, master or {}, given)

    return run


@pytest.fixture
def company(corporate: Questionnaire) -> Walker:
    """The same through the corporate form."""

    def run(master: Mapping[str, str] | None = None, **given: str) -> Walk:
        return _walk(corporate, QUIET_COMPANY, master or {}, given)

    return run


def _walk(form: Questionnaire, quiet: Mapping[str, str], master: Mapping[str, str], given: Mapping[str, str]) -> Walk:
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
        value = known if kept else quiet.get(slot.key.question) if value is None else value
        assert value is not None, f"the walk does not know what to say to {name}"
        bound = None if kept or not value else question.constraint
        if bound is not None and not position.truth(bound, slot.key, value):
            walk.refused.append(name)
            break
        state = apply(state, _answered(slot.key, value, kept))
        position = Position(form, state, NOW)
        if question.bot.check is not None and not position.truth(question.bot.check, slot.key, value):
            walk.checks.append(name)
            # The customer is asked once and keeps it.
            state = apply(state, changed(_answered(slot.key, value, kept), marked=True))
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
