"""``repro`` where staff, the clock and a second thought take part: each is a line that is played again."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.house import House, new_letter
from tests.e2e.people import MORI, ticks
from tests.e2e.test_reproduced import made_of, says
from tests.e2e.test_reproduced_detours import assert_whole, begun, lines_of


def of_others(transcript: dict[str, Any]) -> list[dict[str, str]]:
    """The lines of staff and of time-outs; not those in which time only passes."""
    return [
        line
        for line in transcript["conversation"]
        if not {"客", "銀行"} & set(line) and not line.get("時計", "").startswith("+")
    ]


async def takes_back(house: House, customer: Any, text: str) -> None:
    house.advance(seconds=9)
    message = next(one for one in reversed(customer.person.bubbles) if one.text == text)
    await customer.does(house.line.unsend(customer.user_id, message.message_id))


@pytest.mark.parametrize("salt", ["pepper", None])
async def test_a_reply_that_was_taken_back_is_another_reply_of_its_kind(house: House, salt: str | None) -> None:
    customer = await begun(house, "line")
    await says(customer, "+c0", "+diff", "榊原 薫子")
    await takes_back(house, customer, "榊原 薫子")
    assert customer.active().open_question == "name"
    await says(customer, "榊原 薫子", "+yes")
    transcript = assert_whole(made_of(house, salt=salt), house) if salt else None
    if transcript is None:
        made = made_of(house, salt=None)
        assert made.cut is None, made.cut
        return
    lines = lines_of(transcript)
    assert "(送信取消)" in lines
    assert transcript["outcome"]["answers"]["name"]


async def test_of_several_messages_the_one_that_was_taken_back(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+c0", "+diff", "榊原 薫子", "これは本物の銀行からですか")
    await takes_back(house, customer, "榊原 薫子")
    transcript = assert_whole(made_of(house), house)
    assert "(送信取消 2)" in lines_of(transcript)
    assert "name" not in transcript["outcome"]["answers"]


async def test_nobody_came_and_the_form_went_on(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+staff")
    await ticks(house, minutes=5, seconds=1)
    await ticks(house, minutes=10)
    assert customer.active().owner == "bot"
    await says(customer, "+c0")
    transcript = assert_whole(made_of(house), house)
    assert of_others(transcript) == [{"時計": "[待ち時間が長い]"}, {"時計": "[だれも来ないまま時間切れ]"}]


async def test_who_waits_goes_on_by_himself(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+staff", "+resume", "+c0")
    transcript = assert_whole(made_of(house), house)
    assert transcript["outcome"]["handover"] == ["customer_asked"]
    assert transcript["outcome"]["answers"]["respondent"] == "self"


async def test_staff_take_over_from_one_another_and_enter_an_answer(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+c0", "+diff", "+staff")
    conversation, desk = house.conversation_of(MORI), house.service.desk
    sato, kato = house.staff_member("r.sato", display="佐藤"), house.staff_member("kato", display="加藤")
    for member in (sato, kato):
        house.advance(minutes=2)
        assert await desk.claim(conversation.id, member)
        if member is sato:
            house.advance(seconds=9)
            await desk.release(conversation.id, sato, "")
    epoch = house.conversation_of(MORI).epoch
    house.advance(minutes=1)
    await desk.enter(conversation.id, kato, "name", 0, "榊原 薫子", epoch=epoch)
    await house.settle()
    house.advance(seconds=9)
    bubble = customer.person.last()
    yes = next(button for button in bubble.buttons if button.data.endswith(".yes"))
    await customer.does(customer.platform.tap(customer.user_id, bubble.message_id, yes.data))
    house.advance(seconds=9)
    await desk.hand_back(conversation.id, kato, "")
    await house.settle()
    transcript = assert_whole(made_of(house), house)
    said = [line["係"] for line in of_others(transcript)]
    assert [one.partition("] ")[0] + "]" if " " in one else one for one in said if one.startswith("[")] == [
        "[引き受ける]", "[待ち行列にもどす]", "[引き受ける]", "[代わりに記入 name]", "[質問票にもどす]",
    ]  # fmt: skip
    entered = next(one for one in said if "記入" in one)
    assert transcript["outcome"]["answers"]["name"] in entered


async def test_who_was_away_for_a_day_proves_himself_and_goes_on(house: House) -> None:
    customer = await begun(house, "line")
    await says(customer, "+c0")
    house.advance(hours=30)
    await customer.types("つづきをお願いします")
    house.advance(seconds=9)
    await customer.proves(MORI)
    assert customer.active().open_question == "name"
    await says(customer, "+same")
    transcript = assert_whole(made_of(house), house)
    assert "(本人の確認をすませてもどる)" in lines_of(transcript)
    assert "つづきをお願いします" not in lines_of(transcript), "at the door it led to nothing in the form"


async def test_with_another_account_the_case_goes_on(house: House) -> None:
    customer = await begun(house, "line")
    house.advance(seconds=9)
    other = house.on_telegram()
    await other.opens(new_letter(house, MORI))
    await other.taps("same")
    await other.proves(MORI)
    await says(other, "+c0")
    assert customer.active().id != other.active().id
    transcript = assert_whole(made_of(house), house)
    assert "(別のアカウントでもどる: telegram)" in lines_of(transcript)
    assert transcript["channel"] == "line", "it began there"
    assert transcript["outcome"]["answers"]["respondent"] == "self"
