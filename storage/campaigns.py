"""Campaigns: made, approved by a second person, started, paused, stopped; every change audited in its transaction.

Promise: a campaign goes only along its states, nobody approves what he made himself, and what was approved (rule and
ladder) never changes.

    draft -> approved -> running <-> paused -> stopped      running -> finished
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from storage import audit
from storage.direct import Direct
from storage.tables import CampaignRow, table_of
from storage.universe import Universe

_campaign = table_of(CampaignRow)
_known = select(_campaign).where(
    (_campaign.c.id == bindparam("wanted")) | (_campaign.c.name == bindparam("wanted", type_=_campaign.c.name.type))
)
_KNOWN, _LOCKED = Direct(_known), Direct(_known.with_for_update(key_share=True))
_ALL = select(_campaign).order_by(_campaign.c.id.desc())
_LIST, _LIST_IN = Direct(_ALL), Direct(_ALL.where(_campaign.c.state == bindparam("state")))

#: From which states a campaign may go where.
_WAYS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "approved": ("draft",),
        "running": ("approved", "paused"),
        "paused": ("running",),
        "stopped": ("draft", "approved", "running", "paused"),
        "finished": ("running",),
    }
)


class CampaignProblem(Exception):
    """``code`` names the sentence: exists, unknown, state, same_person."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Who is chosen; an empty list asks nothing."""

    ratings: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    #: line, telegram, letter
    channels: tuple[str, ...] = ()
    due_by: date | None = None
    #: Also those who were written to before and have not answered.
    again: bool = False

    def to_json(self) -> str:
        """As it is kept with its campaign."""
        values = {name: value.isoformat() if isinstance(value, date) else value for name, value in asdict(self).items()}
        return json.dumps({name: value for name, value in values.items() if value}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Rule:
        values: dict[str, Any] = json.loads(text)
        due_by = values.pop("due_by", None)
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists}, due_by=None if due_by is None else date.fromisoformat(due_by))


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign as it stands."""

    id: str
    name: str
    state: str
    rule: Rule
    #: JSON; ``bot.outreach.ladder`` reads it.
    ladder: str = field(repr=False)
    created_at: datetime
    created_by: str
    approved_at: datetime | None
    approved_by: str | None
    started_at: datetime | None
    rest_from: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who does something: ``staff`` or ``os_user`` with an id, or the clock."""

    kind: audit.ActorKind
    id: str | None

    @property
    def code(self) -> str:
        return f"{self.kind}:{self.id or ''}"


CLOCK = Actor(kind="system", id="campaigns")


def make_campaign(conn: Connection, uni: Universe, *, name: str, rule: Rule, ladder: str, actor: Actor) -> Campaign:
    """A draft; raises ``CampaignProblem`` where the name is taken."""
    if conn.execute(select(_campaign.c.id).where(_campaign.c.name == name)).first() is not None:
        raise CampaignProblem("exists")
    campaign_id = uni.new_id()
    values = {
        "id": campaign_id,
        "name": name,
        "state": "draft",
        "rule": rule.to_json(),
        "ladder": ladder,
        "created_at": uni.now(),
        "created_by": actor.code,
    }
    conn.execute(insert(_campaign), values)
    _record(conn, uni, "campaign.made", campaign_id, actor)
    return load_campaign(conn, campaign_id)


def load_campaign(conn: Connection, wanted: str, *, lock: bool = False) -> Campaign:
    """A campaign by its id or name; raises ``CampaignProblem``."""
    row = (_LOCKED if lock else _KNOWN).first(conn, {"wanted": wanted})
    if row is None:
        raise CampaignProblem("unknown")
    return _campaign_of(row)


def list_campaigns(conn: Connection, *, state: str | None = None) -> list[Campaign]:
    """Campaigns, newest first; all or those in one state."""
    rows = _LIST.rows(conn, {}) if state is None else _LIST_IN.rows(conn, {"state": state})
    return [_campaign_of(row) for row in rows]


def approve_campaign(
    conn: Connection, uni: Universe, wanted: str, *, actor: Actor, counts: Mapping[str, int]
) -> Campaign:
    """A second person agrees to rule, ladder and ``counts``; raises ``CampaignProblem``."""
    found = load_campaign(conn, wanted, lock=True)
    if found.created_by == actor.code:
        raise CampaignProblem("same_person")
    detail = {name: str(count) for name, count in counts.items()}
    values = {"approved_at": uni.now(), "approved_by": actor.code}
    return move_campaign(conn, uni, found, "approved", actor=actor, detail=detail, **values)


def move_campaign(
    conn: Connection,
    uni: Universe,
    campaign: Campaign,
    to: str,
    *,
    actor: Actor,
    detail: Mapping[str, str] | None = None,
    **values: Any,
) -> Campaign:
    """Bring a campaign to another state; raises ``CampaignProblem`` where there is no such way from where it is."""
    if to in ("stopped", "finished"):
        values["ended_at"] = uni.now()
    here = (_campaign.c.id == campaign.id) & _campaign.c.state.in_(_WAYS[to])
    if conn.execute(update(_campaign).where(here).values(state=to, **values)).rowcount != 1:
        raise CampaignProblem("state")
    _record(conn, uni, f"campaign.{to}", campaign.id, actor, detail)
    return load_campaign(conn, campaign.id)


def release_rest(conn: Connection, uni: Universe, campaign: Campaign, *, actor: Actor) -> None:
    """The rest follows from now on."""
    conn.execute(update(_campaign).where(_campaign.c.id == campaign.id).values(rest_from=None))
    _record(conn, uni, "campaign.released", campaign.id, actor)


def _record(
    conn: Connection,
    uni: Universe,
    action: str,
    campaign_id: str,
    actor: Actor,
    detail: Mapping[str, str] | None = None,
) -> None:
    subjects = {"campaign": campaign_id}
    audit.record(conn, uni, action, actor_kind=actor.kind, actor_id=actor.id, subjects=subjects, detail=detail)


def _campaign_of(row: Any) -> Campaign:
    return Campaign(**{**row._asdict(), "rule": _rule_of(row.rule)})


#: The rule of a campaign never changes, and a campaign is asked for again and again.
_rule_of = lru_cache(256)(Rule.from_json)
