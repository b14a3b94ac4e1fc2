"""Questions that were not understood, and the one decision that staff take about each.

Promise: a question is listed as long as its words are kept, and no longer; it is decided once, and of two members of
staff who decide at one moment one is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, literal_column, select

from storage.content import open_content
from storage.counters import insert_or
from storage.encryption import Vault
from storage.problems import KeyMissing, SealBroken
from storage.tables import (
    AccountRow,
    CaseRow,
    ContentRow,
    ConversationEventRow,
    ConversationRow,
    QuestionDecisionRow,
    table_of,
)
from storage.universe import Universe

_event, _content = table_of(ConversationEventRow), table_of(ContentRow)
_conversation, _account, _case = table_of(ConversationRow), table_of(AccountRow), table_of(CaseRow)
_decision = table_of(QuestionDecisionRow)

#: Written out for the index over these events.
_UNMATCHED: ColumnElement[str] = literal_column("'not_understood'")
PHRASING, SET_ASIDE = "phrasing", "set_aside"


@dataclass(frozen=True, kw_only=True)
class Unmatched:
    """A question that was not understood."""

    conversation_id: str
    seq: int
    #: The short name of the conversation.
    ref: str
    at: datetime
    channel: str
    customer_id: str | None
    questionnaire_sha256: str | None
    content_id: str
    #: The raw words.
    text: str = field(repr=False)
    locale: str
    #: unknown, none_fits, no_reply
    why: str
    #: Name of the question that was open, or the lobby's step.
    asked: str | None
    #: The nearest topics, best first, with their scores, by that version of the FAQ.
    nearest: tuple[tuple[str, float], ...]
    version: str
    #: phrasing, set_aside; ``None`` while nobody decided.
    decision: str | None
    topic: str | None
    staff_id: str | None
    decided_at: datetime | None


def list_unmatched(
    conn: Connection,
    vault: Vault,
    *,
    decision: str | None = None,
    within: Select[tuple[str]] | None = None,
    limit: int = 300,
) -> list[Unmatched]:
    """The newest questions that wait for a decision, or with that one; without those whose words were erased.

    ``within`` selects the ids of the conversations that whoever asks may see.
    """
    query: Select[Any] = (
        select(
            *(_event.c[name] for name in ("conversation_id", "seq", "at", "sealed")),
            *(_conversation.c[name] for name in ("ref", "questionnaire_sha256")),
            _account.c.channel,
            _case.c.customer_id,
            *(_decision.c[name] for name in ("decision", "topic", "staff_id")),
            _decision.c.at.label("decided_at"),
        )
        .join(_conversation, _conversation.c.id == _event.c.conversation_id)
        .join(_account, _account.c.id == _conversation.c.account_id)
        .outerjoin(_case, _case.c.id == _conversation.c.case_id)
        .outerjoin(
            _decision, (_decision.c.conversation_id == _event.c.conversation_id) & (_decision.c.seq == _event.c.seq)
        )
        .where(_event.c.kind == _UNMATCHED)
        .where(_decision.c.decision.is_(None) if decision is None else _decision.c.decision == decision)
        .order_by(_event.c.at.desc(), _event.c.conversation_id, _event.c.seq)
        .limit(limit)
    )
    if within is not None:
        (seen,) = within.selected_columns
        query = query.where(within.where(seen == _event.c.conversation_id).correlate(_event).exists())
    rows = [(row, event) for row in conn.execute(query) if (event := _event_of(vault, row))]
    words = _words(conn, vault, [event["content_id"] for _, event in rows])
    return [
        _unmatched_of(row, event, words[event["content_id"]]) for row, event in rows if event["content_id"] in words
    ]


def _event_of(vault: Vault, row: Row[Any]) -> dict[str, Any] | None:
    """The recorded event; nothing of an erased customer, or where it does not open (its conversation tells)."""
    try:
        return vault.open(_event.name, f"{row.conversation_id}:{row.seq}", row.sealed) or None
    except (SealBroken, KeyMissing):
        return None


def _words(conn: Connection, vault: Vault, content_ids: Sequence[str]) -> dict[str, str]:
    query = select(_content.c.id, _content.c.sealed).where(
        _content.c.id.in_(content_ids), _content.c.sealed.is_not(None)
    )
    found: dict[str, str] = {}
    for row in conn.execute(query):
        try:
            text = str(open_content(vault, row.id, row.sealed).get("text", ""))
        except (SealBroken, KeyMissing):
            continue
        if text and not text.startswith("[withheld: "):
            found[row.id] = text
    return found


def _unmatched_of(row: Row[Any], event: dict[str, Any], text: str) -> Unmatched:
    values = {name: value for name, value in row._mapping.items() if name != "sealed"}
    return Unmatched(
        **values,
        **{name: event[name] for name in ("content_id", "locale", "why", "asked", "version")},
        nearest=tuple(zip(event["topics"], event["scores"], strict=True)),
        text=text,
    )


def decide(
    conn: Connection,
    uni: Universe,
    question: Unmatched,
    decision: str,
    *,
    staff_id: str,
    topic: str | None = None,
    edit_id: str | None = None,
) -> bool:
    """Record what became of a question; false where somebody decided before."""
    values = {
        "conversation_id": question.conversation_id,
        "seq": question.seq,
        "decision": decision,
        "topic": topic,
        "faq_sha256": None,
        "edit_id": edit_id,
        "staff_id": staff_id,
        "at": uni.now(),
    }
    statement = insert_or(conn, _decision).values(values).on_conflict_do_nothing().returning(_decision.c.seq)
    return conn.execute(statement).first() is not None
