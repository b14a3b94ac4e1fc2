"""Why a reply is not taken: each reader refuses a sample, and the engine says so with the real parameters.

Promise: a reason without a sample that the reader refuses for it fails, so no wording is shown that nobody would hear.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import yaml

from bot.gallery.posing import Said, Stage, last
from dialogs.conversation.answering import Typed, read_reply
from dialogs.conversation.events import AnswerState, Form
from dialogs.conversation.prompts import Prompt
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire
from dialogs.replies.base import Problem
from dialogs.replies.problems import MAX_LENGTH, PROBLEMS

#: Where on the small form each kind of reply is asked for; a kind that no form can have is asked for nowhere.
_ASKED = {
    "date": "day",
    "amount": "sum",
    "integer": "count",
    "decimal": "share",
    "percentage": "percent",
    "text": "word",
    "choice": "one",
    "yes_no": "read",
    **{
        kind: kind
        for kind in (
            *("name", "kana", "postal_code", "address", "phone", "email", "country"),
            *("corporate_number", "residence_card"),
        )
    },
}
#: Only where choices are bands of an amount, several may be chosen, or a text is to be confirmed.
_ELSEWHERE = {
    "amount.outside": "band",
    "amount.period": "band",
    "choice.separate": "several",
    "choice.partly_unreadable": "several",
    "acknowledge.needed": "read",
}
#: Readers that no question of a form can ask for: they read the bank's own file.
NOT_IN_FORMS = frozenset({"residence_status"})


class NotRefused(Exception):
    """A sample is taken, or refused for another reason, than the one that it stands for."""


def codes() -> list[str]:
    """The reasons that a customer can hear."""
    known = [*PROBLEMS, "acknowledge.needed"]
    return [code for code in known if code.partition(".")[0] not in NOT_IN_FORMS]


@cache
def _samples() -> dict[str, str]:
    text = (files("bot.gallery") / "replies.yaml").read_text(encoding="utf-8")
    found: dict[str, str] = yaml.safe_load(text)
    return found


def _sample(code: str) -> str:
    reason = code.rpartition(".")[2]
    if reason == "empty":
        return ""
    return "9" * (MAX_LENGTH + 1) if reason == "too_long" else _samples()[code]


def refusals(definition: Questionnaire, voice: Voice) -> Iterator[Said]:
    """What is said to each sample."""
    for code in codes():
        yield Said(f"problem.{code}", last(_refused(Stage(definition, voice), code)))


def _refused(stage: Stage, code: str) -> tuple[Prompt, ...]:
    name = _ELSEWHERE.get(code) or _ASKED[code.partition(".")[0]]
    stage.until(name)
    if stage.state.open is not None and stage.state.open.form is Form.OFFERED:
        stage.tap("diff")
    if code == "postal_code.mismatch":
        known = next(slot for slot in stage.position.asked_slots if slot.key.question == "address")
        stage.answer(known, "東京都千代田区丸の内1-2-3", state=AnswerState.ANSWERED)
    slot = stage.position.current
    assert slot is not None
    found = read_reply(stage.position, slot, Typed(_sample(code)))
    if not isinstance(found, Problem) or found.code != code:
        raise NotRefused(f"{code}: {getattr(found, 'code', 'taken')}")
    turn = stage.turn()
    turn.refuse(slot, found)
    return tuple(turn.says)
