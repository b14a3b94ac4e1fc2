"""What became of messages to telephone numbers: written down for their members, whoever made the call.

Promise: one that LINE has, or perhaps has, counts as the step's message from that moment on, once; a call that was cut
off with its process counts as one that LINE perhaps has; and where the bank may not write to numbers any more, nobody
waits for one.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from bot.outreach.carrying import move_along
from bot.outreach.ladder import Step, ladder_of
from storage.campaign_facts import MemberFacts, facts_of_cases
from storage.campaign_steps import note_deliveries
from storage.campaigns import load_campaign
from storage.notifying.queue import drop_pending, end_overdue, lost_notifications, settle
from storage.universe import Universe

#: Messages of one transaction.
_PIECE = 200


def note_sent(
    conn: Connection, uni: Universe, notification_id: str, facts: MemberFacts, step: Step, *, state: str, detail: str
) -> None:
    """LINE has it (accepted), or perhaps (unknown): the step's message has left the house."""
    if settle(conn, uni, notification_id, state, detail):
        note_deliveries(conn, uni, [(facts, step.step, "notification", None)])
        move_along(conn, uni, facts.case_id, step, source=notification_id)


def end_notifications(conn: Connection, uni: Universe, *, may_send: bool) -> bool:
    """Those left behind, not delivered in time, or not wanted any more; true where there may be more of them."""
    lost = lost_notifications(conn, uni.now(), _PIECE)
    for one in lost:
        (facts,) = facts_of_cases(conn, one.campaign_id, [one.case_id])
        step = ladder_of(load_campaign(conn, one.campaign_id).ladder).steps(facts.rating)[one.step_no]
        its = replace(facts, next_step=one.step_no)
        note_sent(conn, uni, one.id, its, step, state="unknown", detail="cut_off")
    ended = [len(lost), end_overdue(conn, uni, _PIECE)]
    if not may_send:
        ended.append(drop_pending(conn, uni, "off", _PIECE))
    return max(ended) == _PIECE
