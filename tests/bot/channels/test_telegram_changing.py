"""What Telegram's answers to a change mean: nothing of it is ever taken for a lost message."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.channels.base import Outcome
from bot.simulator.faults import Fault, Trouble
from dialogs.conversation.prompts import Message, MessageKind
from tests.bot.simulator.stands import KEY, TelegramStand, notice, question, telegram_stand, to


async def _asked(stand: TelegramStand, asked: Message) -> tuple[str, str]:
    person = stand.platform.add_person(friend=True)
    sent = await stand.channel.send(to(person.user_id), [asked], reply_token=None, retry_key=KEY)
    return person.user_id, sent.provider_ids[0]


async def test_a_question_becomes_its_answer_and_the_same_again_is_no_trouble() -> None:
    async with telegram_stand() as stand:
        user, number = await _asked(stand, question("はい", "いいえ"))
        settled = Message(kind=MessageKind.SETTLED, text="ご職業\n\n▶ はい")
        for detail in ("", "as it was"):
            sent = await stand.channel.change(to(user), settled, number)
            assert (sent.outcome, sent.provider_ids, sent.detail) == (Outcome.SENT, (number,), detail)
        bubble = stand.platform.people[user].last()
        assert (bubble.text, bubble.rows, bubble.message_id) == ("ご職業\n\n▶ はい", (), number)


async def test_what_is_not_there_any_more_is_gone_and_not_refused() -> None:
    async with telegram_stand() as stand:
        user, number = await _asked(stand, question("はい"))
        stand.platform.people[user].bubbles.clear()
        assert (await stand.channel.change(to(user), question("いいえ"), number)).outcome is Outcome.GONE
        stand.platform.people[user].blocked = True
        assert (await stand.channel.change(to(user), question("いいえ"), number)).outcome is Outcome.BLOCKED


async def test_what_fits_into_no_one_message() -> None:
    async with telegram_stand() as stand:
        long = question("はい", text="あ" * 5000)
        user, number = await _asked(stand, long)
        assert (await stand.channel.change(to(user), replace(long, token="tok2"), number)).outcome is Outcome.GONE
        settled = replace(notice("あ" * 5000), kind=MessageKind.SETTLED)
        assert (await stand.channel.change(to(user), settled, number)).outcome is Outcome.SENT
        bubble = stand.platform.people[user].last()
        assert (bubble.rows, len(bubble.text)) == ((), 904)


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        (Trouble.SERVER_ERROR, Outcome.RETRY),
        (Trouble.TIME_OUT_BEFORE, Outcome.RETRY),
        (Trouble.TIME_OUT_AFTER, Outcome.RETRY),
        (Trouble.DISCONNECT_AFTER, Outcome.RETRY),
        (Trouble.BROKEN_ANSWER, Outcome.RETRY),
        (Trouble.BARE_ANSWER, Outcome.SENT),
        (Fault(trouble=Trouble.RATE, retry_after=7), Outcome.RETRY),
    ],
)
async def test_a_change_may_always_be_made_again(trouble: Trouble | Fault, outcome: Outcome) -> None:
    async with telegram_stand(time_out=0.3) as stand:
        user, number = await _asked(stand, question("はい"))
        stand.platform.edit_faults.add(trouble)
        sent = await stand.channel.change(to(user), question("いいえ"), number)
        assert sent.outcome is outcome
        assert (sent.retry_after is None) == isinstance(trouble, Trouble)
        assert (await stand.channel.change(to(user), question("いいえ"), number)).outcome is Outcome.SENT
        assert len(stand.platform.people[user].received()) == 1
