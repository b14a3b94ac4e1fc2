"""やさしい日本語: everything a customer reads is there, in short sentences, and no harder word without its reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.content_sources import SourceProblem, sources
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command, exact
from dialogs.definition.model import Choice, Questionnaire
from dialogs.definition.yaml_format import load_shipped, shipped_names
from dialogs.faq.topics import FaqError, in_voice, load_shipped as load_topics, read_topics
from dialogs.japanese import fold
from dialogs.replies.base import Parsed, ReplyContext
from dialogs.replies.choices import read_choice
from locales import VOICES, language_of, load_catalogue
from tests.dialogs.conversation.talking import read

VOICE = "ja_easy"
#: Characters that a learner of Japanese meets first: they stand without a reading.
FIRST = frozenset(
    "日一国人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電校語土木聞食車何"
    "南万毎白天母火右読友左休父雨言口手方内"
)
_WORD = re.compile(r"([\u4e00-\u9fff々]+)\([\u3041-\u3096\u30a1-\u30fa]+\)")
_KANJI = re.compile(r"[\u4e00-\u9fff々]")
#: Areas of the catalogues that a customer reads, but for buttons: on these there is no room for readings.
#: What staff read who enter an answer for a customer is not for him.
FOR_STAFF = "problem.entry."
READ = (
    "alt.",
    "engine.",
    "fact.",
    "faq.",
    "guard.",
    "handover.",
    "letter.",
    "lobby.",
    "outreach.",
    "problem.",
    "promise.",
)


def unread(text: str) -> set[str]:
    """The harder characters of a text that stand in no word whose reading the text gives."""
    bare = _WORD.sub(" ", text)
    for word in sorted(set(_WORD.findall(text)), key=len, reverse=True):
        bare = bare.replace(word, " ")
    return set(_KANJI.findall(bare)) - FIRST


def wordings(form: Questionnaire) -> Iterator[tuple[str, str]]:
    for question in form.questions:
        texts = [
            question.label,
            question.hint,
            question.constraint_message,
            question.required_message,
            question.bot.why,
        ]
        for text in texts:
            if text:
                yield question.name, text.get(VOICE, "")


def test_a_word_without_its_reading_is_found() -> None:
    assert unread("確認(かくにん)します。もう一度確認します。") == {"度"}
    assert unread("番号(ばんごう)と郵便番号") == {"郵", "便"}


def test_every_sentence_that_a_customer_reads_is_there_with_its_readings() -> None:
    plain, full = load_catalogue(VOICE), load_catalogue("ja")
    for key in full.keys():  # noqa: SIM118
        if key.startswith(READ) and not key.startswith(FOR_STAFF):
            text = plain.template(key)
            assert unread(text) == set(), key
            same = text == full.template(key)
            assert not same or not unread(full.template(key)), f"{key} is as in Japanese"


@pytest.mark.parametrize("name", shipped_names())
def test_every_question_is_there_with_its_readings(name: str) -> None:
    found = list(wordings(load_shipped(name)))
    assert len(found) > 100
    assert [(question, text, unread(text)) for question, text in found if not text or unread(text)] == []


def test_every_answer_is_there_with_its_readings() -> None:
    topics = {topic.id: topic for topic in load_topics(VOICE)}
    assert topics.keys() == {topic.id for topic in load_topics("ja")}
    assert [(topic.id, unread(topic.answer)) for topic in topics.values() if unread(topic.answer)] == []
    spoken = {topic.id for topic in load_topics("ja") if topic.handover}
    assert {topic.id for topic in topics.values() if topic.handover} == spoken


def test_what_has_no_plain_wording_is_said_as_in_the_language() -> None:
    assert load_catalogue(VOICE).text("channel.menus_ok", count="3") == load_catalogue("ja").text(
        "channel.menus_ok", count="3"
    )
    ja, plain = ({topic.id: topic for topic in load_topics(voice)} for voice in ("ja", VOICE))
    shown = in_voice(VOICE, {"ja": ja, VOICE: {"F01": plain["F01"]}})
    assert (shown["F01"], shown["F02"]) == (plain["F01"], ja["F02"])


def test_each_voice_has_its_command() -> None:
    assert set(VOICE_OF_COMMAND.values()) == set(VOICES)
    assert {language_of(voice) for voice in VOICES} == {"ja", "en"}


@pytest.mark.parametrize("locale", ["ja", "en", VOICE])
@pytest.mark.parametrize("text", ["やさしい日本語", "やさしい にほんご", "easy Japanese", "/language_easy", "/easy"])
def test_it_is_asked_for_by_its_name(text: str, locale: str) -> None:
    assert exact(fold(text), locale) is Command.LANGUAGE_EASY


@pytest.mark.parametrize(
    "text", ["むずかしい漢字がよめないです", "日本語が難しくて困っています", "ふりがなをつけてくれますか"]
)
def test_it_is_understood_in_other_words(text: str) -> None:
    assert read(text, "ja").command is Command.LANGUAGE_EASY


# What a bank brings itself ---------------------------------------------------------------------


def own(folder: Path, voice: str, text: str) -> None:
    place = folder / "locales" / voice
    place.mkdir(parents=True)
    (place / "faq.yaml").write_text(text, encoding="utf-8")


TOPIC = "- id: F01\n  question: なぜ\n  variants: [どうして]\n  answer: 法律です。\n  source: [bank]\n  status: draft\n"
PLAIN = "- id: {}\n  question: なぜ\n  answer: 決まりです。\n  status: draft\n"


def published(folder: Path) -> dict[str | None, str]:
    return {source.locale: source.body for source in sources(folder) if source.kind == "faq"}


def test_our_plain_answers_do_not_speak_for_a_bank_with_its_own(tmp_path: Path) -> None:
    own(tmp_path, "ja", TOPIC)
    assert published(tmp_path)[VOICE] == "[]"


def test_a_bank_writes_its_own_plain_answers(tmp_path: Path) -> None:
    own(tmp_path, "ja", TOPIC)
    own(tmp_path, VOICE, PLAIN.format("F01"))
    assert "決まりです。" in published(tmp_path)[VOICE]


def test_a_plain_answer_to_no_question_is_refused(tmp_path: Path) -> None:
    own(tmp_path, "ja", TOPIC)
    own(tmp_path, VOICE, PLAIN.format("F99"))
    with pytest.raises(SourceProblem, match="F99"):
        list(sources(tmp_path))


def test_phrasings_belong_to_the_language() -> None:
    with pytest.raises(FaqError, match="variants"):
        read_topics(TOPIC, VOICE)


# What is typed ---------------------------------------------------------------------------------

JOBS = (
    Choice(name="employee", label={"ja": "会社員", VOICE: "会社(かいしゃ)で働(はたら)いている"}),
    Choice(name="none", label={"ja": "無職", VOICE: "仕事(しごと)をしていない"}),
)


@pytest.mark.parametrize("text", ["仕事(しごと)をしていない", "仕事をしていない", "無職"])
def test_a_plain_label_is_taken_with_and_without_its_readings(text: str) -> None:
    found = read_choice(text, JOBS, ReplyContext(today=date(2026, 11, 24), locale=VOICE), default_language="ja")
    assert isinstance(found, Parsed)
    assert found.value == "none"


@pytest.mark.parametrize("text", ["仕事してます", "仕事", "していない"])
def test_no_part_of_a_plain_label_names_its_choice(text: str) -> None:
    found = read_choice(text, JOBS, ReplyContext(today=date(2026, 11, 24), locale=VOICE), default_language="ja")
    assert not isinstance(found, Parsed)
