"""A conversation is its log: state and prompts come back from it alone, also after every word was erased."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from bot.channels.limits import LIMITS
from dialogs.conversation import engine, events as ev, inputs as inp
from dialogs.conversation.state import State, fold, from_json
from storage.cases import CaseStatus
from storage.content import erase_content
from storage.conversations import load_events
from storage.submissions import submissions_of_case
from tests.e2e.conftest import on_both
from tests.e2e.house import House

MORI = "0000124"
ZONE = ZoneInfo("Asia/Tokyo")


def replayed(house: House) -> list[State]:
    """The state after each recorded event."""
    conversation = house.conversation_of(MORI)
    recorded = house.database.run_read(lambda conn: load_events(conn, house.database.vault, conversation.id))
    states = [State()]
    for event in map(ev.from_json, recorded):
        states.append(fold([event], states[-1]))
    assert states[-1] == from_json(conversation.state)
    return states


def prompts(house: House, states: list[State]) -> list[Any]:
    """What the customer would be asked at each of these points."""
    conversation = house.conversation_of(MORI)
    now, lists = house.universe.now().astimezone(ZONE), LIMITS["line"].lists
    form = house.database.run_read(
        lambda conn: house.service.live.definition(conn, conversation.questionnaire_sha256 or "")
    )
    return [engine.step(form, state, inp.Returned(), now, lists).says for state in states if state.definition_sha256]


def erase_every_word(house: House) -> int:
    def erase(conn: Connection) -> int:
        ids = [row.id for row in house.rows("SELECT id FROM content WHERE erased_at IS NULL")]
        return sum(erase_content(conn, house.universe, content_id) for content_id in ids)

    return house.database.run(erase)


@on_both
async def test_state_and_prompts_come_back_from_the_log_without_a_word(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    while customer.active().open_question != "phone":
        await customer.answers()
    await customer.taps("diff")
    await customer.types("090-8888-7777")
    await customer.taps("yes")
    await customer.types("暗証番号は必要ですか")
    before = replayed(house)
    asked = prompts(house, before)
    assert erase_every_word(house) > 5
    assert replayed(house) == before
    assert prompts(house, before) == asked
    house.check_folds()

    await customer.answers_all()
    assert house.case(MORI).status is CaseStatus.ANSWERED
    (submission,) = house.database.run_read(
        lambda conn: submissions_of_case(conn, house.database.vault, house.letter(MORI).case_id)
    )
    rows = {row["name"]: row for row in submission.answers}
    assert rows["phone"]["value"] == "09088887777"
    assert rows["phone"]["raw"] is None, "its words are gone, the answer is not"
    assert rows["phone"]["wording"].startswith("日中につながりやすい電話番号")
    for row in rows.values():
        assert row["channel"] == "line"
        assert (row["by"], row["locale"], row["definition_sha256"]) == (
            "customer",
            "ja",
            submission.questionnaire_sha256,
        )
        assert row["at"]
    assert rows["antisocial"]["raw"], "what was said afterwards has its words"
