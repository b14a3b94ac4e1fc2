"""Beside a transcript: why a person is needed, what was answered, what differs, and answers that staff enter."""

from __future__ import annotations

import pytest

from bot.console.desk import EntryRefused, NotOwner, SecretTyped
from storage.submissions import load_submission
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say
from tests.e2e.people import MORI, in_the_form, state_of


@on_both
@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_an_entered_answer_counts_when_the_customer_has_tapped(house: House, channel: str) -> None:
    customer = await in_the_form(house, channel)
    await customer.taps("staff")
    conversation_id, desk, sato = house.conversation_of(MORI).id, house.service.desk, house.staff_member()
    assert await desk.claim(conversation_id, sato)
    await house.settle()
    epoch = house.conversation_of(MORI).epoch
    asked = (await desk.view(conversation_id)).entry_questions[0]
    assert (asked.question, asked.is_proposed) == ("respondent", False)

    await desk.enter(conversation_id, sato, "respondent", 0, "本人", epoch=epoch)
    await house.settle()
    bubble = customer.person.last()
    assert say("entry.entered") in bubble.text
    assert "respondent" not in {key.question for key in state_of(house).answers}
    view = await desk.view(conversation_id)
    assert view.entry_questions[0].is_proposed
    yes = next(button for button in bubble.buttons if button.data.endswith(".yes"))
    await customer.does(customer.platform.tap(customer.user_id, bubble.message_id, yes.data))
    assert say("entry.confirmed") in customer.said
    answer = next(answer for key, answer in state_of(house).answers.items() if key.question == "respondent")
    assert (answer.value, answer.by) == ("self", sato.id)
    assert {line.state for line in (await desk.view(conversation_id)).answers} >= {"by_staff"}
    assert house.audited().count("handoff.answer_entered") == 1

    await desk.hand_back(conversation_id, sato, "")
    await house.settle()
    assert customer.active().open_question != "respondent"
    await customer.answers_all()
    (row,) = house.rows("SELECT id FROM submission")
    kept = house.database.run_read(lambda conn: load_submission(conn, house.database.vault, row.id))
    assert kept is not None
    by = {one["name"]: one["by"] for one in kept.answers}
    assert (by["respondent"], by["consent"]) == (sato.id, "customer")
    house.check_folds()


async def test_what_is_no_answer_or_a_secret_is_refused_before_anything_is_kept(house: House) -> None:
    customer = await in_the_form(house, "line")
    await customer.taps("staff")
    conversation, desk = house.conversation_of(MORI), house.service.desk
    sato, suzuki = house.staff_member("sato"), house.staff_member("suzuki")
    await desk.claim(conversation.id, sato)
    epoch, before = house.conversation_of(MORI).epoch, len(house.rows("SELECT id FROM content"))
    with pytest.raises(EntryRefused):
        await desk.enter(conversation.id, sato, "respondent", 0, "わかりません、宇宙人かもしれません", epoch=epoch)
    with pytest.raises(EntryRefused):
        await desk.enter(conversation.id, sato, "no_such_question", 0, "本人", epoch=epoch)
    with pytest.raises(SecretTyped):
        await desk.enter(conversation.id, sato, "respondent", 0, "暗証番号は 1234 です", epoch=epoch)
    for member, seen in ((suzuki, epoch), (sato, epoch - 1)):
        with pytest.raises(NotOwner):
            await desk.enter(conversation.id, member, "respondent", 0, "本人", epoch=seen)
    assert len(house.rows("SELECT id FROM content")) == before
    assert "handoff.answer_entered" not in house.audited()


@on_both
async def test_staff_see_why_and_what_differs_and_nothing_unmasked(house: House) -> None:
    customer = await in_the_form(house, "telegram")
    await customer.taps("c0")
    await customer.answers()
    assert customer.active().open_question == "address"
    await customer.taps("diff")
    await customer.types("東京都千代田区丸の内1-1-1")
    if "yes" in customer.options():
        await customer.taps("yes")
    await customer.types("詐欺にあってお金を取られました")
    conversation, desk = house.conversation_of(MORI), house.service.desk
    view = await desk.view(conversation.id)
    assert view.need is not None
    assert (view.need.reason, view.need.is_later) == ("danger", False)
    (line,) = [one for one in view.differences if "丸の内" in one.answer]
    assert line.verdict == "changed"
    master = house.letter(MORI).master
    assert master["address"] not in repr([one.master for one in view.differences])
    assert "changed" in {one.state for one in view.answers}
    assert {one.key: one.masked for one in await desk.full(conversation.id)}["address"] == master["address"]
