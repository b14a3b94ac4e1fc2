"""Campaigns: who is in one, what each customer was sent or listed for, and when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, text as words

from storage.tables.base import Stored, code, day, key, link, number, text, when

_LIVE = words("left_at IS NULL")
_ON_ITS_WAY = words("outgoing_id IS NOT NULL")


class CampaignRow(Stored, table=True):
    """A batch of cases that are written to by one ladder."""

    __tablename__ = "campaign"

    id: str = key()
    #: A code that people know it by.
    name: str = code(64, unique=True)
    #: draft, approved, running, paused, stopped, finished
    state: str = code(16)
    #: Who is chosen, as JSON of codes and days.
    rule: str = text()
    #: What is sent when, as JSON of codes.
    ladder: str = text()
    created_at: datetime = when()
    created_by: str = code(80)
    approved_at: datetime | None = when(nullable=True)
    approved_by: str | None = code(80, nullable=True)
    started_at: datetime | None = when(nullable=True)
    #: When the rest follows the first wave; empty once it has.
    rest_from: datetime | None = when(nullable=True)
    ended_at: datetime | None = when(nullable=True)


class CampaignMemberRow(Stored, table=True):
    """A case in a campaign: the next step of its ladder, and when that is due."""

    __tablename__ = "campaign_member"
    __table_args__ = (
        Index("uq_campaign_member_live", "case_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_campaign_member_due", "campaign_id", "due_at", "case_id", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_campaign_member_sending", "outgoing_id", sqlite_where=_ON_ITS_WAY, postgresql_where=_ON_ITS_WAY),
    )

    campaign_id: str = link("campaign.id", primary_key=True)
    case_id: str = link("review_case.id", primary_key=True)
    customer_id: str = link("customer.id", index=True)
    #: Whose ladder: high, medium, low.
    rating: str = code(16)
    #: 1: the first wave; 2: the rest.
    wave: int = number()
    joined_at: datetime = when()
    #: The day of the invitation, from which the others are counted; empty until the wave begins.
    base_on: date | None = day(nullable=True)
    next_step: int = number()
    #: Empty where nothing is to come: the wave has not begun, a message is on its way, or the ladder is climbed.
    due_at: datetime | None = when(nullable=True)
    #: Why the step that was due waits.
    held_by: str | None = code(16, nullable=True)
    #: The message on its way.
    outgoing_id: str | None = code(36, nullable=True)
    left_at: datetime | None = when(nullable=True)
    left_because: str | None = code(32, nullable=True)


class CampaignDeliveryRow(Stored, table=True):
    """A step that was carried out for a customer; never altered.

    A further attempt of the same step is only made where nothing of the one before has left the house.
    """

    __tablename__ = "campaign_delivery"
    __table_args__ = (
        Index("ix_campaign_delivery_customer", "customer_id", "at"),
        Index("ix_campaign_delivery_account", "account_id", "at"),
        Index("ix_campaign_delivery_outgoing", "outgoing_id", unique=True),
        Index("ix_campaign_delivery_when", "at"),
    )

    campaign_id: str = link("campaign.id", primary_key=True)
    case_id: str = link("review_case.id", primary_key=True)
    step_no: int = number(primary_key=True)
    attempt: int = number(primary_key=True)
    step: str = code(32)
    #: line, telegram, letter, notification (by telephone number); phone, visit, restriction: the list; none: no way.
    channel: str = code(16)
    customer_id: str = link("customer.id")
    account_id: str | None = link("channel_account.id", nullable=True)
    outgoing_id: str | None = link("outgoing_message.id", nullable=True)
    at: datetime = when()
