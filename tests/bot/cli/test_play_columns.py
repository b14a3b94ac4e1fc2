"""Every column of a form in a conversation, as its author meets it: a workbook, and ``questionnaire play``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.bot.cli.test_play import played
from tests.dialogs.definition.workbooks import Sheet, workbook

LISTS: Sheet = [
    ["list_name", "name", "label", "region"],
    ["regions", "east", "東日本", None],
    ["regions", "west", "西日本", None],
    ["cities", "tokyo", "東京", "east"],
    ["cities", "sendai", "仙台", "east"],
    ["cities", "osaka", "大阪", "west"],
    ["yn", "yes", "はい", None],
    ["yn", "no", "いいえ", None],
]


class Form:
    def __init__(self, folder: Path, survey: Sheet) -> None:
        self.path = folder / "form.xlsx"
        self.path.write_bytes(workbook(survey=survey, choices=LISTS))

    def play(self, *replies: str | dict[str, Any]) -> list[dict[str, Any]]:
        return played(self.path, *(reply if isinstance(reply, dict) else {"text": reply} for reply in replies))

    def asked(self, *replies: str | dict[str, Any]) -> list[str | None]:
        """What is asked after each reply; ``None`` at the review."""
        return [line["asked"] for line in self.play(*replies)]

    def last(self, *replies: str | dict[str, Any]) -> dict[str, Any]:
        return self.play(*replies)[-1]


def test_a_group_is_asked_whole_or_not_at_all(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "relevant"],
        ["select_one yn", "works", "お仕事をされていますか。", "yes", None],
        ["begin group", "work", "お仕事", None, "${works} = 'yes'"],
        ["text", "employer", "お勤め先を教えてください。", "yes", None],
        ["begin group", "detail", "くわしく", None, "string-length(${employer}) > 3"],
        ["integer", "years", "何年目ですか。", "yes", None],
        ["end group"],
        ["end group"],
        ["text", "note", "最後に一言お願いします。", "yes", None],
    ])  # fmt: skip
    assert form.asked({"choice": "no"}, "おわり") == ["works", "note", None]
    assert form.asked({"choice": "yes"}, "山田", "おわり") == ["works", "employer", "note", None]
    replies = ({"choice": "yes"}, "山田商店株式会社", "3", "おわり")
    assert form.asked(*replies) == ["works", "employer", "years", "note", None]
    # Leaving a group takes its answers out of the form; coming back offers them.
    left = form.play(*replies, {"command": "correct", "question": "works"}, {"choice": "no"})[-1]
    assert left["answers"] == {"works": "no", "note": "おわり"}
    back = form.last(*replies, {"command": "correct", "question": "works"}, {"choice": "no"},
                     {"command": "correct", "question": "works"}, {"choice": "yes"})  # fmt: skip
    assert back["asked"] == "employer"
    assert "山田商店株式会社" in "".join(back["text"])


def test_a_repeat_goes_on_until_no_or_its_bound(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "bot::max_repeats"],
        ["begin repeat", "people", "ご家族", None, 2],
        ["text", "person", "お名前を教えてください。", "yes", None],
        ["integer", "age", "おいくつですか。", "yes", None],
        ["end repeat"],
        ["text", "note", "最後に一言お願いします。", "yes", None],
    ])  # fmt: skip
    lines = form.play("太郎", "30", {"choice": "no"}, "おわり")
    assert [line["asked"] for line in lines] == ["person", "age", "people", "note", None]
    assert [choice["name"] for choice in lines[2]["choices"]][:2] == ["yes", "no"]
    bounded = form.play("太郎", "30", {"choice": "yes"}, "花子", "28", "おわり")
    assert [line["asked"] for line in bounded] == ["person", "age", "people", "person", "age", "note", None]
    assert bounded[-1]["answers"]["person__2"] == "花子"


def test_how_many_times_a_repeat_was_asked_can_be_read(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "relevant", "repeat_count", "bot::max_repeats"],
        ["select_one yn", "any", "ご家族はいますか。", "yes"],
        ["begin repeat", "people", "ご家族", None, "${any} = 'yes'", None, 3],
        ["text", "person", "お名前を教えてください。", "yes"],
        ["end repeat"],
        ["begin repeat", "rooms", "お部屋", None, None, "count(${people})", 3],
        ["text", "room", "お部屋の名前を教えてください。", "yes"],
        ["end repeat"],
        ["text", "size", "広いですか。", "yes", "count(${people}) > 1"],
    ])  # fmt: skip
    yes, no = {"choice": "yes"}, {"choice": "no"}
    assert form.asked(no) == ["any", None]
    assert form.asked(yes, "太郎", no, "A") == ["any", "person", "people", "room", None]
    two = (yes, "太郎", yes, "花子", no, "A", "B")
    assert form.asked(*two)[-3:] == ["room", "room", "size"]


def test_a_count_that_looks_at_itself_asks_nothing_and_ends(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "relevant", "repeat_count", "bot::max_repeats"],
        ["begin repeat", "people", "ご家族", None, "count(${people}) = 0", "count(${people})", 3],
        ["text", "person", "お名前を教えてください。", "yes"],
        ["end repeat"],
        ["text", "note", "最後に一言お願いします。", "yes"],
    ])  # fmt: skip
    assert form.asked("おわり") == ["note", None]


def test_a_count_fixes_the_repeat_and_sums_are_over_it(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "relevant", "calculation", "repeat_count", "bot::max_repeats"],
        ["integer", "owners", "何人ですか。", "yes"],
        ["begin_repeat", "owner", "実質的支配者", None, None, None, "${owners}", 4],
        ["integer", "share", "割合(%)を教えてください。", "yes"],
        ["end_repeat"],
        ["calculate", "total", None, None, None, "sum(${share})"],
        ["text", "why", "100%を超えた理由を教えてください。", "yes", "${total} > 100"],
    ])  # fmt: skip
    assert form.asked("2", "50", "50") == ["owners", "share", "share", None]
    assert form.asked("2", "60", "50") == ["owners", "share", "share", "why"]


def test_a_choice_filter_shows_what_fits_and_takes_nothing_else(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "choice_filter"],
        ["select_one regions", "region_of", "どちらですか。", "yes", None],
        ["select_one cities", "city", "どの街ですか。", "yes", "region = ${region_of}"],
    ])  # fmt: skip
    lines = form.play({"choice": "east"}, "大阪", {"choice": "osaka"}, "仙台")
    assert [choice["name"] for choice in lines[1]["choices"]] == ["tokyo", "sendai"]
    assert [line["asked"] for line in lines] == ["region_of", "city", "city", "city", None]
    assert all(line["problem"] for line in lines[2:4])
    again = form.last({"choice": "east"}, "仙台", {"command": "correct", "question": "region_of"}, {"choice": "west"})
    assert again["asked"] == "city"
    assert [choice["name"] for choice in again["choices"]] == ["osaka"]


@pytest.mark.parametrize("reply", ["東京と大阪", "1、3", {"choices": ["osaka", "tokyo"]}])
def test_several_choices(tmp_path: Path, reply: str | dict[str, Any]) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "relevant", "constraint", "constraint_message"],
        ["select_multiple cities", "cities", "どの街ですか。", "yes", None, "count-selected(.) <= 2", "2つまでです。"],
        ["text", "reason", "大阪はなぜですか。", "yes", "selected(${cities}, 'osaka')"],
    ])  # fmt: skip
    line = form.last(reply)
    assert (line["asked"], line["answers"]) == ("reason", {"cities": ["tokyo", "osaka"]})
    too_many = form.last({"choices": ["tokyo", "sendai", "osaka"]})
    assert too_many["problem"] == "constraint"
    assert "2つまでです。" in "".join(too_many["text"])
    assert form.last({"choices": ["sendai"]})["phase"] == "review"


def test_defaults_written_and_computed_are_offered(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "default"],
        ["integer", "count", "いくつですか。", "yes", 3],
        ["date", "day", "いつですか。", "yes", "today()"],
        ["select_one cities", "city", "どの街ですか。", "yes", "sendai"],
        ["integer", "twice", "倍はいくつですか。", "yes", "${count} * 2"],
    ])  # fmt: skip
    confirm = {"command": "confirm"}
    assert form.last(confirm, confirm, confirm, confirm)["answers"] == {
        "count": 3, "day": "2026-11-24", "city": "sendai", "twice": 6,
    }  # fmt: skip
    assert form.last("5", "2026年11月1日", "大阪", confirm)["answers"] == {
        "count": 5, "day": "2026-11-01", "city": "osaka", "twice": 10,
    }  # fmt: skip


def test_a_read_only_row_is_not_asked_and_counts(tmp_path: Path) -> None:
    form = Form(tmp_path, [
        ["type", "name", "label", "required", "relevant", "calculation", "read_only"],
        ["integer", "price", "いくらですか。", "yes"],
        ["integer", "fee", "手数料", None, None, "${price} div 10", True],
        ["text", "why", "手数料が高い理由を教えてください。", "yes", "${fee} > 10"],
    ])  # fmt: skip
    assert form.asked("50") == ["price", None]
    assert form.asked("500") == ["price", "why"]


READ: Sheet = [
    ["type", "name", "label", "required"],
    ["acknowledge", "read", "重要事項をお読みください。", "yes"],
    ["text", "note", "最後に一言お願いします。", "yes"],
]


@pytest.mark.parametrize(
    "reply", [{"choice": "yes"}, "はい", "確認しました", "読みました。", "わかりました", "I have read this"]
)
def test_an_acknowledgement_is_tapped_or_said(tmp_path: Path, reply: str | dict[str, Any]) -> None:
    first, last = Form(tmp_path, READ).play(reply)
    assert [choice["name"] for choice in first["choices"]] == ["yes"]
    assert (last["asked"], last["problem"], last["answers"]) == ("note", None, {"read": "OK"})


@pytest.mark.parametrize("reply", ["いいえ", "あとで読みます", "まだ読んでいません", "読めません"])
def test_an_acknowledgement_waits_for_it(tmp_path: Path, reply: str) -> None:
    line = Form(tmp_path, READ).last(reply)
    assert line["answers"] == {}
    assert line["asked"] in ("read", None)
