"""The snapshot: short, and read also as it was written before answers stood in rows."""

from __future__ import annotations

import json
from typing import Any

from dialogs.conversation import events as ev
from dialogs.conversation.answers import Answer
from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.state import State, apply, from_json, to_json
from tests.dialogs.conversation.talking import NOW, RECEIPT, Talk, shipped


def earlier(state: State) -> dict[str, Any]:
    """A snapshot as it was first written: every field, and a mapping for each answer."""

    def answers(of: dict[Key, Answer]) -> list[dict[str, Any]]:
        return [
            {
                "key": list(key),
                "value": answer.value,
                "display": answer.display,
                "state": answer.state.value,
                "at": answer.at.isoformat(),
                "locale": answer.locale,
                "by": answer.by,
                "content_id": answer.content_id,
                "marked": answer.marked,
            }
            for key, answer in of.items()
        ]

    prompt = state.open
    return {
        "definition_sha256": state.definition_sha256,
        "locale": state.locale,
        "receipt_no": state.receipt_no,
        "master": dict(state.master),
        "sensitive_allowed": state.sensitive_allowed,
        "answers": answers(dict(state.answers)),
        "set_aside": answers(dict(state.set_aside)),
        "notes_shown": sorted(list(key) for key in state.notes_shown),
        "changes": sorted(list(key) for key in state.changes),
        "open": prompt
        and {
            "form": prompt.form.value,
            "key": prompt.key and list(prompt.key),
            "tokens": list(prompt.tokens),
            "value": prompt.value,
            "display": prompt.display,
            "basis": prompt.basis,
            "only": list(prompt.only),
            "selection": list(prompt.selection),
            "failures": prompt.failures,
        },
        "beneath": None,
        "asked": state.asked,
        "correcting": None,
        "paused": state.paused,
        "ended": state.ended,
        "ended_at": None,
        "completed": state.completed,
        "owner": state.owner.value,
        "staff_id": state.staff_id,
        "epoch": state.epoch,
        "waiting_told": state.waiting_told,
        "handover_at": None,
    }


def begun() -> Talk:
    talk = Talk(shipped("individual"), master={"name": "山田 花子", "birth_date": "1958-04-01"})
    talk.option("c0")
    talk.option("c0")
    return talk


def test_a_snapshot_of_before_there_were_rows_is_read() -> None:
    assert from_json(earlier(State())) == State()
    talk = begun()
    assert talk.state.answers
    assert from_json(earlier(talk.state)) == talk.state
    talk.option("same")
    before = talk.state
    set_aside = apply(before, ev.SetAside(at=NOW, key=next(iter(before.answers))))
    assert from_json(earlier(set_aside)) == set_aside


def test_what_is_as_in_a_new_conversation_is_left_out() -> None:
    assert to_json(State()) == {}
    started = ev.Started(at=NOW, definition_sha256="x", locale="ja", receipt_no=RECEIPT)
    assert to_json(apply(State(), started)) == {"definition_sha256": "x", "receipt_no": RECEIPT}


def test_an_answer_is_a_row_that_ends_where_nothing_more_is_to_be_said() -> None:
    state = begun().state
    rows = {row[0]: row for row in to_json(state)["answers"]}
    assert rows["consent"][:4] == ["consent", "agree", "同意する", 0]
    assert len(rows["consent"]) == 5, "the message it was said in, and no more"
    told = ev.Answered(at=NOW, key=Key("name", 2), value="a", display="a", state=AnswerState.DECLINED, locale="en",
                       by="staff-1", marked=True)  # fmt: skip
    state = apply(state, told)
    assert to_json(state)["answers"][-1] == ["name", "a", None, 0, None, "declined", "en", "staff-1", True, 2]
    assert from_json(json.loads(json.dumps(to_json(state)))) == state
