"""Random small forms for the state machine: acyclic by making, with every feature that can interact."""

from __future__ import annotations

import json
from functools import lru_cache

from hypothesis import strategies as st

from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_questionnaire

KINDS = (
    "text", "integer", "one", "many", "date", "acknowledge", "phone", "note", "calculate", "repeat", "counted", "group",
)  # fmt: skip
#: Offered columns of the master record, with values that fit.
MASTER = {"phone": "09012345678", "occupation": "b", "purposes": "a;c", "number": "7"}


def forms() -> st.SearchStrategy[Questionnaire]:
    """A form of two to six rows; a condition looks only at what stands before it."""
    return sources().map(_read)


@st.composite
def sources(draw: st.DrawFn) -> str:
    """The source of such a form; JSON is YAML."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=2, max_size=6))
    rows: list[dict[str, object]] = []
    earlier: list[tuple[str, str]] = []
    for number, kind in enumerate(kinds):
        name = f"q{number}"
        row = _row(draw, kind, name)
        if earlier and draw(st.booleans()):
            row["relevant"] = draw(_condition(earlier))
        if kind in ("repeat", "counted", "group"):
            end = "end_group" if kind == "group" else "end_repeat"
            rows += [row, *_inside(draw, name), {"type": end, "name": name}]
            earlier.append((f"{name}a", "inside" if kind == "group" else "instances"))
            continue
        if kind == "calculate" and earlier and draw(st.booleans()):
            row["calculation"] = draw(_condition(earlier).map(lambda condition: f"if({condition}, 'a', 7)"))
        if kind not in ("note", "calculate", "acknowledge"):
            _decorate(draw, row, kind, earlier)
        rows.append(row)
        if kind not in ("note", "acknowledge"):
            earlier.append((name, kind))
    return json.dumps({"settings": _SETTINGS, "survey": rows, "choices": _CHOICES}, ensure_ascii=False)


_SETTINGS = {"id": "random", "version": "1", "title": {"ja": "質問票", "en": "Form"}, "default_language": "ja"}
_CHOICES = {
    "letters": [
        {"name": name, "label": {"ja": label, "en": name}, "group": group}
        for name, label, group in (("a", "あか", "1"), ("b", "みどり", "1"), ("c", "むらさき", "2"))
    ],
    # A list of pages and one that is typed; the letters above are in both, where conditions look for them.
    **{
        name: [
            *({"name": one, "label": {"ja": f"{one}の札", "en": f"card {one}"}, "group": "1"} for one in "abc"),
            *(
                {"name": f"n{at}", "label": {"ja": f"札{at:03}", "en": f"card {at:03}"}, "group": "1"}
                for at in range(count)
            ),
        ]
        for name, count in (("cards", 15), ("deck", 60))
    },
}


@lru_cache(maxsize=512)
def _read(source: str) -> Questionnaire:
    return read_questionnaire(source.encode(), origin="random.yaml")


def _row(draw: st.DrawFn, kind: str, name: str) -> dict[str, object]:
    row: dict[str, object] = {"name": name, "label": {"ja": f"質問{name}", "en": f"Question {name}"}}
    chosen_from = draw(st.sampled_from(["letters", "letters", "cards", "deck"]))
    types = {"one": f"select_one {chosen_from}", "many": f"select_multiple {chosen_from}", "phone": "text"}
    row["type"] = {**types, "repeat": "begin_repeat", "counted": "begin_repeat", "group": "begin_group"}.get(kind, kind)
    if kind == "phone":
        row["bot"] = {"kind": "phone", "confirm": "true"}
    elif kind == "calculate":
        row["calculation"] = draw(st.sampled_from(["1 + 1", "'a'", "string-length('abc')"]))
    elif kind in ("repeat", "counted"):
        row["bot"] = {"max_repeats": "2"}
        if kind == "counted":
            row["repeat_count"] = draw(st.sampled_from(["0", "1", "2", "5"]))
    elif kind not in ("note", "group"):
        row["required"] = "true()"
    return row


def _inside(draw: st.DrawFn, name: str) -> list[dict[str, object]]:
    first: dict[str, object] = {"type": "integer", "name": f"{name}a", "label": {"ja": "数"}, "required": "true()"}
    if draw(st.booleans()):
        first["constraint"] = draw(st.sampled_from([f"${{{name}a}} < 50", f"sum(${{{name}a}}) < 60"]))
    second: dict[str, object] = {"type": "text", "name": f"{name}b", "label": {"ja": "ことば"}, "required": "true()"}
    if draw(st.booleans()):
        second["relevant"] = draw(st.sampled_from([f"${{{name}a}} > 5", f"position(..) > 1 or ${{{name}a}} > 5"]))
    return [first, second]


def _decorate(draw: st.DrawFn, row: dict[str, object], kind: str, earlier: list[tuple[str, str]]) -> None:
    bot: dict[str, object] = dict(row.get("bot", {}))  # type: ignore[call-overload]
    extras = draw(st.sets(st.sampled_from(["optional", "decline", "sensitive", "constraint", "check", "prefill",
                                           "handover", "end", "why", "default", "filter"]), max_size=4))  # fmt: skip
    if "optional" in extras and "required" in row:
        row["required"] = draw(_condition(earlier)) if earlier and draw(st.booleans()) else "false()"
    if "decline" in extras:
        bot["decline"] = draw(st.sampled_from(["refuse", "unknown"]))
    if "sensitive" in extras:
        bot["sensitive"] = "true"
    if "why" in extras:
        bot["why"] = {"ja": "わけがあります。", "en": "There is a reason."}
    if "constraint" in extras and kind == "integer":
        row["constraint"] = ". < 50"
        integers = [name for name, before in earlier if before == "integer"]
        if integers and draw(st.booleans()):
            row["constraint"] = f"not(. = ${{{draw(st.sampled_from(integers))}}})"
    if "check" in extras:
        bot["check"] = {"integer": ". != 7", "one": ". != 'b'", "many": "not(selected(., 'c'))"}.get(kind, "true()")
    if "prefill" in extras and kind in ("integer", "one", "many", "phone"):
        bot["prefill"] = {"integer": "number", "one": "occupation", "many": "purposes", "phone": "phone"}[kind]
    if "handover" in extras and kind in ("one", "integer"):
        bot["handover"] = ". = 'c'" if kind == "one" else ". = 13"
    if "end" in extras and kind == "one" and "handover" not in extras:
        bot["end"] = ". = 'c'"
    if "default" in extras and kind in ("one", "text", "integer"):
        row["default"] = {"one": "a", "text": "いつもの", "integer": "3"}[kind]
    ones = [name for name, before in earlier if before == "one"]
    if "filter" in extras and kind in ("one", "many") and ones:
        row["choice_filter"] = f"group = '1' or ${{{ones[-1]}}} = 'a'"
    if bot:
        row["bot"] = bot


def _condition(earlier: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    return st.sampled_from(earlier).flatmap(lambda place: st.sampled_from(_conditions(*place)))


def _conditions(name: str, kind: str) -> list[str]:
    own = f"${{{name}}}"
    return {
        "integer": [f"{own} > 5", f"{own} = ''", f"not({own} > 5)"],
        "one": [f"{own} = 'a'", f"{own} != 'a'"],
        "many": [f"selected({own}, 'a')", f"count-selected({own}) > 1"],
        "date": [f"{own} > today()", f"{own} != ''"],
        "calculate": [f"{own} = 'a'", f"{own} != 'a'"],
        "instances": [
            f"sum({own}) > 5",
            f"count({own}) > 1",
            f"{own} > 5",
            f"indexed-repeat({own}, ${{{name.removesuffix('a')}}}, 2) > 5",
        ],
    }.get(kind, [f"{own} != ''", f"{own} = ''"])
