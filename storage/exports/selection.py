"""Which responses an export carries, page by page, with what the store knows about each besides its answers.

Promise: one snapshot (the caller's transaction), one order (that of completion), bounded memory for any number
of responses; times carry the bank's offset, and a person is named only where a person decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Select, String, bindparam, func, select, type_coerce

from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_canonical
from storage.branches import WHOLE_BANK, Branches
from storage.cases import CaseStatus
from storage.encryption import Vault
from storage.export_batches import ExportBatch, carried_by, completed_through, followed_batches
from storage.publishing import list_published, live, load_published
from storage.tables import (
    CaseRow,
    CaseTransitionRow,
    CustomerRow,
    MasterCurrentRow,
    MasterRecordRow,
    SubmissionRow,
    table_of,
)
from storage.tables.base import UtcDateTime

_submission, _case, _customer = table_of(SubmissionRow), table_of(CaseRow), table_of(CustomerRow)
_record, _current = table_of(MasterRecordRow), table_of(MasterCurrentRow)
_transition = table_of(CaseTransitionRow)

#: Responses that are read together.
PAGE = 500
#: The form whose columns an export has even when there is nothing to export.
_FIRST_FORM = "individual"
#: Statuses in which the comparison left something for a person.
_OPEN = frozenset(
    status.value for status in (CaseStatus.TO_CHECK, CaseStatus.AWAITING_DOCUMENTS, CaseStatus.AWAITING_APPROVAL)
)
_DONE, _RECONCILED = CaseStatus.DONE.value, CaseStatus.RECONCILED.value
#: Statuses that say by themselves what the comparison found.
_COMPARED = _OPEN | {_RECONCILED}
_done = _transition.alias("done")
_LAST_COMPARED = (
    select(_transition.c.to_status)
    .where(
        _transition.c.case_id == bindparam("wanted"),
        _transition.c.to_status.in_((_RECONCILED, CaseStatus.TO_CHECK.value)),
    )
    .order_by(_transition.c.at.desc(), _transition.c.id.desc())
    .limit(1)
)
#: In the order in which ``_response`` takes them apart.
_COLUMNS = (
    *(_submission.c[name] for name in ("completed_seq", "id", "sealed", "questionnaire_sha256")),
    _case.c.status,
    *(_submission.c[name] for name in ("started_at", "submitted_at")),
    _case.c.next_due_on,
    *(_submission.c[name] for name in ("answered_by", "case_id")),
    _customer.c.customer_no,
    _case.c.kind,
    *(_submission.c[name] for name in ("questionnaire_id", "questionnaire_version", "channel", "locale")),
    *(_done.c[name] for name in ("from_status", "at", "actor")),
)


class NoQuestionnaire(Exception):
    """Nothing is published, so nothing can have been answered."""


class Response(NamedTuple):
    """One response on its way into a file."""

    completed_seq: int
    questionnaire_sha256: str
    #: The fixed columns but the batch.
    fixed: list[str]
    answers: Sequence[dict[str, Any]]

    def __repr__(self) -> str:
        return f"Response({self.completed_seq})"


class Selection:
    """The responses of one export, and the questionnaires in which they were answered."""

    def __init__(
        self,
        conn: Connection,
        vault: Vault,
        zone: ZoneInfo,
        *,
        status: str,
        since: ExportBatch | None = None,
        branches: Branches = WHOLE_BANK,
    ) -> None:
        self._conn = conn
        self._vault = vault
        self._times = LocalTimes(zone)
        current = int(conn.execute(select(_current.c.seq).where(_current.c.id == 1)).scalar() or 0)
        self._branch = (
            select(_record.c.branch_no)
            .where(_record.c.customer_id == _submission.c.customer_id, _record.c.seq <= current)
            .order_by(_record.c.seq.desc())
            .limit(1)
            .correlate(_submission)
            .scalar_subquery()
        )
        where = [_submission.c.completed_seq.is_not(None), _submission.c.erased_at.is_(None), ~_later().exists()]
        if status == "approved":
            where.append(_case.c.status == CaseStatus.DONE.value)
        if not branches.is_whole_bank:
            where.append(branches.are_of(self._branch))
        self._after = 0
        if since is not None:
            if status == "approved":
                # An approval may come long after the reconciliation: what was carried is named one by one.
                earlier = [batch.id for batch in followed_batches(conn, since)]
                where.append(~carried_by(earlier))
            else:
                self._after = completed_through(conn, since)
        self._where = where

    def __iter__(self) -> Iterator[Response]:
        page = self._query().order_by(_submission.c.completed_seq).limit(PAGE)
        after = self._after
        while True:
            rows = self._conn.execute(page.where(_submission.c.completed_seq > after)).all()
            for row in rows:
                yield self._response(row)
            if len(rows) < PAGE:
                return
            after = rows[-1].completed_seq

    def through(self) -> int:
        """Where the order of completion stands now."""
        return int(self._conn.execute(select(func.max(_submission.c.completed_seq))).scalar() or 0)

    def at_most(self) -> int:
        """How many responses it can be, for showing the progress; nothing is opened for it."""
        newer = select(func.count()).select_from(_submission).where(_submission.c.completed_seq > self._after)
        return int(self._conn.execute(newer).scalar_one())

    def _query(self) -> Select[Any]:
        source = (
            _submission.join(_case, _case.c.id == _submission.c.case_id)
            .join(_customer, _customer.c.id == _case.c.customer_id)
            # At most one: nothing leads out of this status.
            .outerjoin(_done, (_done.c.case_id == _case.c.id) & (_done.c.to_status == _DONE))
        )
        columns: Sequence[Any] = _COLUMNS
        if self._conn.dialect.name == "sqlite":
            columns = [type_coerce(one, String) if isinstance(one.type, UtcDateTime) else one for one in _COLUMNS]
        return select(*columns, self._branch).select_from(source).where(*self._where)

    def _response(self, row: Sequence[Any]) -> Response:
        seq, submission_id, sealed, sha256, status, started, submitted, next_due, answered_by, *rest = row
        case_id, customer_no, kind, form_id, form_version, channel, locale, done_from, done_at, actor, branch_no = rest
        opened = self._vault.open(_submission.name, submission_id, sealed)
        times = self._times
        fixed = [
            *(case_id, customer_no, branch_no or "", kind, form_id, form_version, sha256, channel, locale),
            times(started),
            times(submitted),
            answered_by,
            opened["receipt_no"],
            self._outcome(case_id, status, done_from),
            # Where the program decided, no reviewer is named.
            "" if actor is None or actor.startswith("system") else actor,
            "" if done_at is None else times(done_at),
            "" if next_due is None else next_due.isoformat(),
        ]
        return Response(seq, sha256, fixed, opened["answers"])

    def _outcome(self, case_id: str, status: str, done_from: str | None) -> str:
        """``matched`` without a difference for a person, ``to_check`` while one decides, then ``reviewed``."""
        if status in _OPEN:
            return "to_check"
        compared = done_from if status == _DONE else status
        if compared not in _COMPARED:
            # Asked again, or with staff: what the comparison found last is further back.
            compared = self._conn.execute(_LAST_COMPARED, {"wanted": case_id}).scalar()
        if compared is None:
            return ""
        if compared == _RECONCILED:
            return "matched"
        return "reviewed" if status == _DONE else "to_check"

    def questionnaires(self) -> dict[str, Questionnaire]:
        """Digest -> form: the live version of each form that was answered first, then older versions."""
        published = [one for one in list_published(self._conn) if one.kind == "questionnaire"]
        used = {one.sha256: one.name for one in published if self._is_answered(one.sha256)}
        names = _in_order(used.values())
        if not names:
            names = _in_order(one.name for one in published)[:1]
        found: dict[str, Questionnaire] = {}
        for name in names:
            newest = live(self._conn, "questionnaire", name)
            if newest is not None:
                found[newest.sha256] = read_canonical(newest.body)
        for sha256 in sorted(used):
            stored = load_published(self._conn, sha256)
            if sha256 not in found and stored is not None:
                found[sha256] = read_canonical(stored.body)
        if not found:
            raise NoQuestionnaire
        return found

    def _is_answered(self, sha256: str) -> bool:
        here = (_submission.c.questionnaire_sha256 == sha256) & (_submission.c.completed_seq > self._after)
        return self._conn.execute(select(_submission.c.id).where(here).limit(1)).first() is not None


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(set(names), key=lambda name: (name != _FIRST_FORM, name))


def _later() -> Select[Any]:
    later = _submission.alias("later")
    return select(later.c.id).where(later.c.case_id == _submission.c.case_id, later.c.id > _submission.c.id)


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """A time as exports write it."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


class LocalTimes:
    """``local_time`` for the many times of many rows: how far a zone is from UTC is asked once for each hour.

    A time may also come as SQLite keeps it, as text in UTC: to read it and write it again would take a quarter of
    the whole export.
    """

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        #: Hour in UTC -> the hour there, and the offset that stands behind the seconds.
        self._hours: dict[str, tuple[str, str] | None] = {}

    def __call__(self, moment: datetime | str) -> str:
        text = moment if isinstance(moment, str) else f"{moment:%Y-%m-%d %H:%M:%S}"
        hour = text[:13]
        if hour not in self._hours:
            self._hours[hour] = self._looked_up(hour)
        found = self._hours[hour]
        if found is None:
            return local_time(datetime.fromisoformat(text[:19]).replace(tzinfo=UTC), self._zone)
        return f"{found[0]}{text[13:19]}{found[1]}"

    def _looked_up(self, hour: str) -> tuple[str, str] | None:
        """Nothing for an hour in which the minutes there are others than here."""
        begins, ends = (
            local_time(datetime.fromisoformat(hour + minutes).replace(tzinfo=UTC), self._zone)
            for minutes in (":00:00", ":59:59")
        )
        same = begins[:13] == ends[:13] and begins[13:19] == ":00:00" and begins[19:] == ends[19:]
        return (begins[:13], begins[19:]) if same else None
