"""Plays a golden transcript, and writes what the bank said back into its file.

The format is in README.md.  A file is changed only line by line: what people wrote, comments included,
stays as it is, and the lines of the bank are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from bot.transcripts import office
from bot.waiting_line import OfficeStaffing
from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.entries import read_entry
from dialogs.conversation.events import AnswerState, Owner
from dialogs.conversation.prompts import Message, ShownButton
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_canonical
from dialogs.guard import find_secret
from dialogs.replies.base import Problem
from tests.dialogs.conversation.talking import STAFF_ID, Talk, keys, shipped

FOLDER = Path(__file__).parent

CUSTOMER, BANK, STAFF, CLOCK = "客", "銀行", "係", "時計"
_MEDIA = {"(写真)": "image", "(スタンプ)": "sticker", "(音声)": "audio"}
_TAKES_BACK = re.compile(r"\(送信取消(?: ([1-9][0-9]*))?\)")
_RETURNS = "(本人の確認をすませてもどる)"
_MOVES = re.compile(r"\(別のアカウントでもどる: (line|telegram)(、慎重に扱う質問なし)?\)")
_ENTERS = re.compile(r"\[代わりに記入 (\S+)\] (.+)")
#: What people and time do without a word of their own.
_ACTS: dict[tuple[str, str], Callable[[Talk], inp.Input]] = {
    (STAFF, "[引き受ける]"): lambda talk: inp.StaffTook(staff_id=STAFF_ID, epoch=talk.state.epoch + 1),
    (STAFF, "[ほかの係が引き継ぐ]"): lambda talk: inp.StaffTook(
        staff_id="staff-2", epoch=talk.state.epoch + 1, reason="transferred"
    ),
    (STAFF, "[割り当てられる]"): lambda talk: inp.StaffTook(
        staff_id=STAFF_ID, epoch=talk.state.epoch + 1, reason="assigned"
    ),
    (STAFF, "[質問票にもどす]"): lambda _: inp.HandedBack(staff_id=STAFF_ID),
    (STAFF, "[待ち行列にもどす]"): lambda _: inp.StaffReleased(staff_id=STAFF_ID, reason="staff"),
    (STAFF, "[ほかのシステムで受ける]"): lambda _: inp.HeldElsewhere(),
    (STAFF, "[ほかのシステムからもどす]"): lambda _: inp.HandedBack(reason="external_left"),
    (CLOCK, "[係の返事がないまま時間切れ]"): lambda _: inp.StaffReleased(staff_id=STAFF_ID, reason="idle"),
    (CLOCK, "[お客さまの返事がないまま時間切れ]"): lambda _: inp.HandedBack(reason="customer_silent"),
    (CLOCK, "[待ち時間が長い]"): lambda _: inp.WaitedLong(),
    (CLOCK, "[だれも来ないまま時間切れ]"): lambda _: inp.NobodyCame(),
}
_SPANS = {"分": "minutes", "時間": "hours", "日": "days"}
_SPAN = re.compile(r"\+([1-9][0-9]*)(分|時間|日)")
_BANK_LINE = re.compile(rf"^  - {BANK}:")
_CONTINUED = re.compile(r"^(      |\s*$)")
_CHANNELS = {"line": "LINE", "telegram": "Telegram"}


def transcript_files() -> list[Path]:
    return sorted(FOLDER.glob("*.yaml"))


def load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@dataclass
class Played:
    """What came of a transcript: per line of a person the bubbles that answered it."""

    talk: Talk
    opening: list[Message] = field(default_factory=list)
    answers: list[tuple[str, str, list[Message]]] = field(default_factory=list)
    taps: int = 0
    #: The content rows of what was typed, in order.
    typed: list[str] = field(default_factory=list)

    def lines(self) -> list[dict[str, str]]:
        """The whole conversation as the file should hold it."""
        lines = [{BANK: bubble(message)} for message in self.opening]
        for speaker, text, said in self.answers:
            lines.append({speaker: text})
            lines += [{BANK: bubble(message)} for message in said]
        return lines


def play(transcript: dict[str, Any]) -> Played:
    """The transcript's people, against the real bank."""
    start = datetime.fromisoformat(transcript["start"])
    talk = Talk(
        form_of(transcript),
        locale=transcript["locale"],
        master=transcript["master"],
        sensitive_allowed=transcript["sensitive_allowed"],
        now=start,
        channel=_CHANNELS[transcript["channel"]],
    )
    hours = office.read(transcript["office"], start.tzinfo or UTC) if "office" in transcript else None
    played = Played(talk, opening=talk.said)
    for line in transcript["conversation"]:
        ((speaker, text),) = line.items()
        if speaker == BANK:
            continue
        if speaker == CUSTOMER:
            played.taps += 1
        talk.staffing = None if hours is None else OfficeStaffing(hours, talk.now)
        played.answers.append((speaker, text, list(_act(played, speaker, text))))
    return played


def form_of(transcript: dict[str, Any]) -> Questionnaire:
    """The form that it holds, or else the shipped one that it names."""
    form = transcript.get("form")
    return shipped(transcript["questionnaire"]) if form is None else read_canonical(form.strip())


def _act(played: Played, speaker: str, text: str) -> Iterable[Message]:
    talk = played.talk
    if (speaker, text) in _ACTS:
        return _done(talk, speaker, text)
    if speaker == CLOCK:
        span = _SPAN.fullmatch(text)
        assert span is not None, f"a clock line is like +3時間, not {text}"
        talk.later(**{_SPANS[span[2]]: int(span[1])})
        return ()
    if speaker == STAFF:
        return _staff(talk, text)
    if text in _MEDIA:
        return talk.send(inp.MediaSent(media=_MEDIA[text]))
    if text == _RETURNS:
        return talk.send(inp.Returned())
    if moved := _MOVES.fullmatch(text):
        talk.channel = _CHANNELS[moved[1]]
        talk.record(ev.ChannelChanged(at=talk.now, sensitive_allowed=not moved[2], channel=moved[1]))
        return talk.send(inp.Returned())
    if taken := _TAKES_BACK.fullmatch(text):
        return talk.send(inp.TookBack(content_id=played.typed[-int(taken[1] or 1)]))
    before, said = talk.typed, talk.say(text)
    if talk.typed != before:
        played.typed.append(talk.typed)
    return said


def _done(talk: Talk, speaker: str, text: str) -> Iterable[Message]:
    before = talk.state.owner
    said = list(talk.send(_ACTS[speaker, text](talk)))
    if text != "[引き受ける]":
        return said
    assert before in (Owner.WAITING, Owner.BOT)
    return (*said, talk.render("handover.joined", staff_name="田中"))


def _staff(talk: Talk, text: str) -> Iterable[Message]:
    assert talk.state.owner is Owner.STAFF, f"{text}: nobody has taken the conversation"
    if entered := _ENTERS.fullmatch(text):
        (key,) = keys(entered[1])
        read = read_entry(talk.position, key, entered[2])
        assert not isinstance(read, Problem), f"{text}: {read}"
        return talk.send(inp.StaffEntered(key=key, value=read.value, display=read.display, staff_id=STAFF_ID))
    assert not text.startswith("["), f"staff cannot do {text}"
    assert find_secret(text, expected=None) is None
    return ()


def bubble(message: Message) -> str:
    """One bubble as it stands in the file."""
    lines = [message.text, *(f"[{_shown(button)}]" for button in message.buttons)]
    if message.shortcuts:
        lines.append("(" + " · ".join(button.label for button in message.shortcuts) + ")")
    return "\n".join(lines)


def _shown(button: ShownButton) -> str:
    return button.label if button.number is None else f"{button.number}. {button.label}"


# What came of it -----------------------------------------------------------------------------


def outcome(played: Played, wanted: dict[str, Any]) -> dict[str, Any]:
    """What the file's ``outcome`` speaks of, as it really is."""
    talk, events = played.talk, played.talk.events
    answers = talk.answers
    asked = {event.key.question for event in events if isinstance(event, ev.Asked) and event.key is not None}
    found: dict[str, Any] = {
        "phase": talk.state.phase,
        "answers": {name: answers.get(name) for name in wanted.get("answers", {})},
        "unchanged": talk.in_state(AnswerState.UNCHANGED),
        "declined": talk.in_state(AnswerState.DECLINED),
        "other_channel": talk.in_state(AnswerState.OTHER_CHANNEL),
        "marked": [str(key) for key, answer in talk.state.answers.items() if answer.marked],
        "not_asked": [name for name in wanted.get("not_asked", ()) if name not in asked],
        "handover": [e.reason for e in events if isinstance(e, ev.OwnerChanged) and e.owner is Owner.WAITING],
        "faq": [topic for e in events if isinstance(e, ev.FaqShown) and e.action != "offer" for topic in e.topics],
        "withheld": [event.secret for event in events if isinstance(event, ev.SecretKeptBack)],
        "taps": played.taps,
    }
    order = {question.name: place for place, question in enumerate(talk.definition.questions)}
    for name in ("unchanged", "declined", "other_channel", "marked"):
        found[name].sort(key=lambda key: (order[key.split("[")[0]], key))
    return {name: found[name] for name in wanted}


# The file -------------------------------------------------------------------------------------


def with_bank_lines(source: str, played: Played) -> str:
    """``source`` with the lines of the bank as they were played."""
    head, rule, rest = source.partition("\nconversation:\n")
    assert rule, "a transcript has a conversation"
    body, rule, tail = rest.partition("\noutcome:\n")
    assert rule, "a transcript has an outcome"
    written = _bank(played.opening)
    said = iter(played.answers)
    for line in _without_bank(body.splitlines()):
        written.append(line)
        if line.startswith("  - "):
            speaker, _, messages = next(said)
            assert line.startswith(f"  - {speaker}:"), line
            written += _bank(messages)
    assert next(said, None) is None
    return f"{head}\nconversation:\n" + "\n".join(written) + f"\noutcome:\n{tail}"


def _without_bank(lines: list[str]) -> Iterable[str]:
    inside = False
    for line in lines:
        inside = bool(_BANK_LINE.match(line)) or (inside and bool(_CONTINUED.match(line)))
        if not inside:
            yield line


def _bank(messages: Iterable[Message]) -> list[str]:
    lines: list[str] = []
    for message in messages:
        lines.append(f"  - {BANK}: |")
        lines += [f"      {line}".rstrip() for line in bubble(message).splitlines()]
    return lines
