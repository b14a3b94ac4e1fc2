"""A calendar as LINE draws it: within what LINE knows, whatever the question's bounds are."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.base import Tap
from bot.channels.line.drawing import render
from bot.simulator.platform_line_rules import check_messages
from dialogs.conversation.prompts import Message, MessageKind, ShownButton, ShownDays
from tests.specs import line_spec


def drawn(days: ShownDays, *, buttons: int = 0, alt: str = "alt") -> list[dict[str, Any]]:
    message = Message(
        kind=MessageKind.QUESTION,
        text="いつですか",
        token="p7",
        alt=alt,
        days=days,
        buttons=tuple(ShownButton(option=f"o{at}", label=f"選択肢{at}") for at in range(buttons)),
    )
    objects = [part.to_dict() for part in render(message, "abcd2345")]
    line_spec().check_messages(objects)
    assert check_messages(objects) == []
    return objects


def action(days: ShownDays, **more: Any) -> dict[str, Any]:
    *_, button = drawn(days, **more)[-1]["contents"]["body"]["contents"]
    found: dict[str, Any] = button["action"]
    return found


@pytest.mark.parametrize(
    ("days", "shown"),
    [
        (("2026-11-24", None, None), ("1900-01-01", "2026-11-24", "2100-12-31")),
        (("2026-11-24", "2026-11-01", "2026-12-01"), ("2026-11-01", "2026-11-24", "2026-12-01")),
        (("1850-01-01", "1800-01-01", "1890-01-01"), ("1900-01-01", "1900-01-01", "1900-01-01")),
        (("2300-01-01", "2200-01-01", None), ("2100-12-31", "2100-12-31", "2100-12-31")),
        (("2026-11-24", "2027-01-01", None), ("2027-01-01", "2027-01-01", "2100-12-31")),
    ],
)
def test_bounds(days: tuple[str, str | None, str | None], shown: tuple[str, str, str]) -> None:
    found = action(ShownDays(label="選ぶ", initial=days[0], earliest=days[1], latest=days[2]))
    assert (found["min"], found["initial"], found["max"]) == shown
    assert (found["type"], found["mode"]) == ("datetimepicker", "date")
    assert Tap.decode(found["data"]) == Tap(conversation_ref="abcd2345", token="p7", option="date")


@pytest.mark.parametrize("buttons", [0, 1, 10, 11])
@pytest.mark.parametrize("alt", ["alt", ""])
def test_beside_any_number_of_buttons(buttons: int, alt: str) -> None:
    objects = drawn(ShownDays(label="カレンダーから選ぶ" * 5, initial="2026-11-24"), buttons=buttons, alt=alt)
    kinds = [part["action"]["type"] for one in objects for part in one["contents"]["body"]["contents"][1:]]
    assert kinds.count("datetimepicker") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"mode": "day"},
        {"initial": "24.11.2026"},
        {"initial": "2026-02-30"},
        {"min": "1899-12-31"},
        {"max": "2101-01-01"},
        {"min": "2026-12-01"},
        {"max": "2026-01-01"},
        {"data": "x" * 301},
    ],
)
def test_the_stand_in_refuses_what_line_refuses(wrong: dict[str, str]) -> None:
    objects = drawn(ShownDays(label="選ぶ", initial="2026-11-24"))
    objects[-1]["contents"]["body"]["contents"][-1]["action"].update(wrong)
    assert check_messages(objects) != []
