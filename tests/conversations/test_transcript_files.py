"""The golden transcripts are well-formed and speak of the form as it is shipped."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.transcripts.stage import words
from dialogs.definition.model import QuestionType
from locales import VOICES
from tests.conversations.transcripts import form_of

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*.yaml"))
SPEAKERS = {"客", "銀行", "係", "時計"}
KEYS = {
    *("title", "shows", "questionnaire", "channel", "locale", "sensitive_allowed", "start", "master"),
    *("conversation", "outcome"),
}
#: When staff are there, and a form that is not shipped.
OPTIONAL = {"office", "form"}
OUTCOME = {
    *("phase", "answers", "unchanged", "declined", "other_channel", "marked", "not_asked", "handover", "faq"),
    *("withheld", "taps"),
}
PHASES = {"asking", "review", "paused", "staff", "ended", "completed"}
ACTS = {(speaker, text) for speaker, text in words()["acts"].values()}
LATER = re.compile(r"\+[1-9][0-9]*(分|時間|日)")


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def transcript(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def test_there_are_transcripts_on_both_platforms_and_in_every_voice() -> None:
    loaded = [load(path) for path in FILES]
    assert len(loaded) >= 10
    assert {one["channel"] for one in loaded} == {"line", "telegram"}
    assert {one["locale"] for one in loaded} == set(VOICES)


def test_a_transcript_has_what_the_readme_says(transcript: dict[str, Any]) -> None:
    assert set(transcript) - OPTIONAL == KEYS
    assert transcript["title"]
    assert len(transcript["shows"]) >= 3
    assert set(transcript["outcome"]) <= OUTCOME
    assert transcript["outcome"]["phase"] in PHASES
    assert datetime.fromisoformat(transcript["start"]).tzinfo is not None


def test_each_line_has_one_speaker_and_a_text(transcript: dict[str, Any]) -> None:
    for line in transcript["conversation"]:
        ((speaker, text),) = line.items()
        assert speaker in SPEAKERS
        assert isinstance(text, str), line
        assert text
        if speaker == "時計":
            assert LATER.fullmatch(text) or (speaker, text) in ACTS


def test_the_master_record_fits_the_form(transcript: dict[str, Any]) -> None:
    form = form_of(transcript)
    for question in form.questions:
        value = transcript["master"].get(question.bot.prefill or "")
        assert value is None or isinstance(value, str)
        if value and question.is_select:
            known = {choice.name for choice in form.choices[question.list_name or ""]}
            assert set(value.split(";")) <= known


def test_the_outcome_speaks_of_questions_and_choices_that_exist(transcript: dict[str, Any]) -> None:
    form = form_of(transcript)
    outcome = transcript["outcome"]
    names = {question.name for question in form.questions if question.is_asked}
    for key in ("unchanged", "declined", "other_channel", "marked", "not_asked"):
        assert set(outcome.get(key, ())) <= names
    for place, value in outcome.get("answers", {}).items():
        question = form.question(place.split("[")[0])
        assert isinstance(value, str), place
        if question.is_select:
            known = {choice.name for choice in form.choices[question.list_name or ""]}
            codes = value.split() if question.type is QuestionType.SELECT_MULTIPLE else [value]
            assert set(codes) <= known, place
    for reason in outcome.get("handover", ()):
        kind, _, name = reason.partition(":")
        assert kind != "handover" or form.question(name).bot.handover is not None
