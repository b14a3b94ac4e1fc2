"""Two versions of a random form: another one altogether, or the same after a few changes of every class."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import strategies as st

from dialogs.definition.model import Questionnaire
from dialogs.definition.versions import IMPOSSIBLE, ChangeKind, Policy
from dialogs.definition.yaml_format import read_questionnaire
from tests.dialogs.conversation.machine_forms import sources

_READ = re.compile(r"\$\{([a-z0-9]+)\}")
_CONDITIONS = ("relevant", "constraint", "choice_filter", "calculation", "required", "repeat_count")
_NEW = {"type": "integer", "name": "fresh", "label": {"ja": "あたらしい質問", "en": "New"}, "required": "true()"}
#: A choice that is gone matters only where it was chosen: it comes more often.
_ALTERATIONS = (
    "word", "add", "rule", "require", "drop", "type", "type", "choice", "no choice", "no choice", "no choice", "label",
    "move", "most",
)  # fmt: skip
_OTHER_TYPES = {"text": "integer", "integer": "text", "date": "text", "acknowledge": "text", "note": "acknowledge"}


@st.composite
def pairs(draw: st.DrawFn) -> tuple[str, str]:
    """The older version and the newer one, which says what is to happen to open conversations; JSON is YAML."""
    old = draw(sources())
    tree: dict[str, Any] = json.loads(draw(sources()) if draw(st.integers(0, 3)) == 0 else old)
    for _ in range(draw(st.integers(1, 3))):
        _alter(draw, tree)
    _keep_acyclic(tree["survey"])
    policies = [
        f"{kind}={draw(st.sampled_from([one for one in Policy if (kind, one) not in IMPOSSIBLE]))}"
        for kind in draw(st.sets(st.sampled_from(ChangeKind)))
    ]
    tree["settings"] = tree["settings"] | {"version": "2", "upgrade": sorted(policies)}
    return old, json.dumps(tree, ensure_ascii=False)


def both(sources_of_two: tuple[str, str]) -> tuple[Questionnaire, Questionnaire]:
    """The forms of a pair."""
    old, new = (read_questionnaire(source.encode(), origin="random.yaml") for source in sources_of_two)
    return old, new


def _alter(draw: st.DrawFn, tree: dict[str, Any]) -> None:
    rows: list[dict[str, Any]] = tree["survey"]
    plain = [at for at, row in enumerate(rows) if not row["type"].startswith(("begin", "end"))]
    what = draw(st.sampled_from(_ALTERATIONS))
    if what == "choice" and not any(one["name"] == "d" for one in tree["choices"]["letters"]):
        tree["choices"]["letters"].append({"name": "d", "label": {"ja": "しろ", "en": "d"}, "group": "1"})
    elif what == "no choice":
        for name in ("letters", "cards", "deck"):
            tree["choices"][name] = [one for one in tree["choices"][name] if one["name"] not in ("b", "n3")]
    elif what == "label":
        tree["choices"]["letters"].reverse()
        tree["choices"]["letters"][0]["label"] = {"ja": "だいだい", "en": "orange"}
    elif what == "add" and not any(row["name"] == "fresh" for row in rows):
        outside = [at for at in range(len(rows) + 1) if not _depth(rows[:at])]
        rows.insert(draw(st.sampled_from(outside)), dict(_NEW))
    elif what == "most":
        for row in rows:
            if row["type"] == "begin_repeat":
                row["bot"] = row["bot"] | {"max_repeats": draw(st.sampled_from(["1", "3"]))}
    elif plain:
        row = rows[draw(st.sampled_from(plain))]
        _alter_row(draw, rows, row, what)


def _alter_row(draw: st.DrawFn, rows: list[dict[str, Any]], row: dict[str, Any], what: str) -> None:
    if what == "word":
        row["label"] = {"ja": "別の言い方", "en": "Otherwise"}
    elif what == "drop" and len([one for one in rows if not one["type"].startswith(("begin", "end"))]) > 1:
        inside = _inside_alone(rows, row)
        rows[:] = [one for one in rows if one is not row and one not in inside]
    elif what == "type":
        row["type"] = _OTHER_TYPES.get(row["type"], row["type"].replace("select_one", "select_multiple"))
        for column in ("constraint", "default", "required"):
            row.pop(column, None)
        row.pop("bot", None)
    elif what == "rule" and row["type"] == "integer":
        row["constraint"] = ". < 10"
    elif what == "require" and row["type"] not in ("note", "calculate", "acknowledge"):
        row["required"] = draw(st.sampled_from(["true()", "false()"]))
    elif what == "move":
        earlier = draw(st.sampled_from(["", "${q0} = 'a'", "${q0} > 5", "${q1} != ''"]))
        row["relevant"] = earlier or "true()"


def _inside_alone(rows: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    """The boundaries of a group in which nothing but this row stands: they go with it."""
    at = rows.index(row)
    around = rows[at - 1 : at] + rows[at + 1 : at + 2]
    alone = len(around) == 2 and around[0]["type"].startswith("begin") and around[1]["type"].startswith("end")
    return around if alone else []


def _depth(rows: list[dict[str, Any]]) -> int:
    begun = sum(row["type"].startswith("begin") for row in rows)
    return begun - sum(row["type"].startswith("end") for row in rows)


def _keep_acyclic(rows: list[dict[str, Any]]) -> None:
    """A condition looks only at what stands before it."""
    known: set[str] = set()
    for row in rows:
        bot = row.get("bot", {})
        for table, columns in ((row, _CONDITIONS), (bot, ("check", "handover", "end"))):
            for column in columns:
                if not set(_READ.findall(str(table.get(column, "")))) <= known:
                    del table[column]
        if row["type"] == "calculate" and "calculation" not in row:
            row["calculation"] = "1 + 1"
        known.add(row["name"])
