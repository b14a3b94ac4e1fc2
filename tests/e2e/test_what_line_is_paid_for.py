"""What the report of a month counts as paid for on LINE is what LINE counts as pushed."""

from __future__ import annotations

from datetime import timedelta

from storage.branches import WHOLE_BANK
from storage.charts import Span
from storage.reports.monthly import sent_outside
from tests.e2e.house import House

MORI = "0000124"


def paid_for(house: House) -> int:
    now = house.universe.now()
    span = Span(since=now - timedelta(days=1), now=now, branches=WHOLE_BANK)
    return house.database.run_read(lambda conn: sent_outside(conn, span))["line"]


async def test_an_answer_in_time_is_free_and_a_late_one_is_not(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    assert (paid_for(house), house.line.pushed) == (0, 0)
    await customer.taps("c0", settle=False)
    house.advance(seconds=61)
    await house.settle()
    assert (paid_for(house), house.line.pushed) == (1, 1)


async def test_an_answer_whose_right_line_refuses_is_not(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.taps("c0", settle=False)
    for token in house.line.reply_tokens.values():
        token.used = True
    await house.settle()
    assert (paid_for(house), house.line.pushed) == (1, 1)
