"""The gallery shows all that a customer can be sent, as the platforms take it, and the same each time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest

from bot.gallery import refusing
from bot.gallery.entries import Content, Entry, Gallery, gallery
from bot.simulator.platform_line_rules import check_messages
from bot.simulator.platform_telegram_rules import check_keyboard, check_text
from dialogs.conversation.commands import VOICE_OF_COMMAND
from dialogs.definition.model import QuestionType
from locales import VOICES, load_catalogue
from tests.bot.gallery.conftest import content_of

#: Areas of the catalogue whose sentences and labels reach a customer.
SEEN = (
    *("alt.", "button.", "command.", "engine.", "fact.", "faq.", "guard.", "handover.", "letter.", "lobby."),
    *("menu.", "outreach.", "problem.", "promise.", "entry.confirmed", "entry.dropped", "entry.entered"),
    "entry.is_it_right",
)
#: Keys of these areas that no customer is ever shown, and why.
NEVER = {
    "problem.entry.": "told to staff who enter an answer from paper",
    "problem.residence_status.": "no question of a form has this reader: it reads the bank's master file",
    "fact.channel_chat": "the name of the terminal in `kakunin chat`",
}
#: Columns of a question that are said.
SAID = ("label", "hint", "constraint_message")
SAID_OF_BOT = ("why", "check_message")


def unshown(entries: Iterable[Entry], voice: str) -> list[str]:
    """The keys that a customer of this voice can see, and that stand in none of the entries."""
    shown = {source for entry in entries if entry.voice == voice for source in entry.sources}
    known = {key for key in load_catalogue(voice).keys() if key.startswith(SEEN)}  # noqa: SIM118
    # Nobody is offered the voice that is spoken already.
    own = {f"button.{command}" for command, spoken in VOICE_OF_COMMAND.items() if spoken == voice}
    return sorted(key for key in known - shown - own if not key.startswith(tuple(NEVER)))


@pytest.mark.parametrize("voice", VOICES)
def test_every_sentence_that_a_customer_can_see_is_in_the_gallery(made: Gallery, voice: str) -> None:
    assert unshown(made.entries, voice) == []
    shown = {source for entry in made.entries for source in entry.sources}
    # An exception that is shown after all is none.
    assert sorted(key for key in shown if key.startswith(tuple(NEVER))) == []


def test_a_sentence_that_nobody_shows_is_noticed(made: Gallery) -> None:
    without = [entry for entry in made.entries if entry.id not in ("engine.receipt", "lobby.locked")]
    assert unshown(without, "ja") == ["alt.receipt", "engine.after_receipt", "engine.receipt", "lobby.locked"]


def test_what_is_named_after_a_sentence_says_it(made: Gallery) -> None:
    known = set(load_catalogue("ja").keys())
    assert {entry.id for entry in made.entries if entry.id in known and entry.id not in entry.sources} == set()


def test_every_question_and_what_is_said_about_it_is_in_the_gallery(made: Gallery, content: Content) -> None:
    assert made.missing == ()
    shown = {source for entry in made.entries for source in entry.sources}
    wanted = set()
    for form in content.forms:
        for question in form.questions:
            if question.type is QuestionType.CALCULATE:
                continue
            wanted |= {f"{form.id}.{question.name}.{field}" for field in SAID if getattr(question, field)}
            wanted |= {f"{form.id}.{question.name}.{field}" for field in SAID_OF_BOT if getattr(question.bot, field)}
    assert sorted(wanted - shown) == []


def test_every_answer_of_the_faq_is_in_the_gallery(made: Gallery, content: Content) -> None:
    for voice in VOICES:
        shown = {entry.id for entry in made.entries if entry.voice == voice}
        assert {f"faq.{topic}" for topic in content.topics["ja"]} <= shown


def test_both_platforms_would_take_every_message(made: Gallery) -> None:
    for entry in made.entries:
        bubbles = entry.content.get("line", [])
        found = [check_messages(bubbles[at : at + 5]) for at in range(0, len(bubbles), 5)]
        assert [one for one in found if one] == [], entry.anchor
        for call in entry.content.get("telegram", []):
            assert check_text(call["text"]) == call["text"], entry.anchor
            if "inline_keyboard" in call.get("reply_markup", {}):
                assert check_keyboard(call["reply_markup"])


def test_each_message_is_there_once_and_in_every_voice(made: Gallery) -> None:
    assert [name for name, count in Counter(entry.anchor for entry in made.entries).items() if count > 1] == []
    voices = Counter(entry.id for entry in made.entries)
    assert {name: count for name, count in voices.items() if count != len(VOICES)} == {}


def test_the_count_of_questions_stands_only_where_it_is_shown_by_itself(made: Gallery) -> None:
    counted = {entry.id for entry in made.entries if {"engine.progress", "engine.progress_end"} & set(entry.sources)}
    assert counted == {"engine.progress", "engine.progress_end"}


def test_the_same_content_gives_the_same_hash_and_other_words_another() -> None:
    content = content_of()
    once, again = gallery(content, ["en"]), gallery(content, ["en"])
    assert once.sha256 == again.sha256
    other = gallery(replace(content, facts={**content.facts, "bank_phone": "0120-999-999"}), ["en"])
    changed = {a.id for a, b in zip(once.entries, other.entries, strict=True) if a.sha256 != b.sha256}
    assert {"handover.phone", "letter.individual", "outreach.invitation"} <= changed
    assert "engine.receipt" not in changed


def test_a_sample_that_its_reader_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(refusing._samples(), "phone.several", "090-1234-5678")
    with pytest.raises(refusing.NotRefused, match=r"phone\.several: taken"):
        gallery(content_of(), ["ja"])
