"""Entering a form that came on paper or was told on the telephone: ``bot.console.entry_desk.EntryDesk`` over the store.

Promise: a deed is one transaction with its audit row.  A draft is saved over the version that was seen or not at all;
where two people enter the same form, the second one sees nothing of the first one's; and what is finished becomes one
submission, like one from the chat.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection

from bot.console.entry_desk import EntryLine, EntryNotDone, EntryView
from bot.entry_submitting import submit_entry
from bot.entry_texts import (
    PASS_OF,
    Sheet,
    as_pass,
    as_written,
    differing,
    saved_of,
    texts_of_others,
    written_of,
)
from bot.entry_view import lines_of, shown, view_of
from bot.live_content import LiveContent, NothingPublished
from bot.talk import Rules, Talk
from dialogs.conversation import events as ev
from dialogs.conversation.events import Key
from dialogs.conversation.filling import Filled, Written, fill, key_of
from locales import VOICES
from storage import audit, cases, customers, entries, staff as members
from storage.case_status import BEING_COMPARED, way_to_answered
from storage.cases import Case
from storage.database import Database
from storage.encryption import Vault
from storage.entries import AlreadyEntered, Entry, Pass, StaleEntry
from storage.staff import StaffMember
from storage.submissions import load_submission
from storage.universe import Universe

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class EntryRules:
    """What the bank has set for entering forms."""

    #: paper, phone: entered by two people.
    doubled: frozenset[str] = frozenset()
    #: What the number of a scan looks like.
    scan_no: str = "[A-Za-z0-9-]{4,32}"


@dataclass(frozen=True)
class _Work:
    """What one transaction needs."""

    conn: Connection
    vault: Vault
    uni: Universe
    local_now: datetime


class StoreEntryDesk:
    """``EntryDesk`` over the store."""

    def __init__(self, database: Database, live: LiveContent, rules: Rules, entry_rules: EntryRules) -> None:
        self._database = database
        self._live = live
        self._rules = rules
        self._entry_rules = entry_rules

    async def begin(self, staff: StaffMember, case_id: str, *, medium: str, scan_no: str, said_by: str) -> str:
        scan_no = unicodedata.normalize("NFKC", scan_no).strip()
        if medium not in entries.MEDIA or said_by not in entries.SAID_BY:
            raise EntryNotDone("not_possible")
        if medium == "paper" and re.fullmatch(self._entry_rules.scan_no, scan_no, re.ASCII) is None:
            raise EntryNotDone("scan_no")

        def deed(work: _Work) -> str:
            case = cases.lock_case(work.conn, case_id)
            customer = None if case is None else customers.load_customer(work.conn, work.vault, case.customer_id)
            if case is None or customer is None:
                raise EntryNotDone("not_possible")
            _refuse_over(case)
            try:
                definition = self._live.live_definition(work.conn, case.questionnaire_id)
            except NothingPublished:
                raise EntryNotDone("no_form") from None
            entry = entries.open_entry(
                work.conn,
                work.vault,
                work.uni,
                case_id=case_id,
                medium=medium,
                scan_no=scan_no if medium == "paper" else None,
                said_by=said_by,
                locale=customer.locale if customer.locale in VOICES else self._rules.default_locale,
                questionnaire_sha256=definition.sha256,
                doubled=medium in self._entry_rules.doubled,
                staff_id=staff.id,
            )
            self._record(work, "entry.begun", staff, entry, medium=medium, said_by=said_by)
            return entry.id

        try:
            return await self._do(deed)
        except AlreadyEntered as already:
            raise EntryNotDone(f"already_{already.what}", already.entry_id) from None

    async def view(self, staff: StaffMember, entry_id: str) -> EntryView:
        return await self._read(lambda work: self._view(work, staff, self._sheet(work, entry_id), None))

    async def look(
        self, staff: StaffMember, entry_id: str, texts: Mapping[str, str], *, stale: bool = False
    ) -> EntryView:
        return await self._read(lambda work: self._view(work, staff, self._sheet(work, entry_id), texts, stale=stale))

    async def save(
        self, staff: StaffMember, entry_id: str, version: int, texts: Mapping[str, str], *, quiet: bool = False
    ) -> int:
        def deed(work: _Work) -> int:
            sheet = self._held(work, staff, entry_id, version)
            written, _ = written_of(sheet, texts, staff.id, work.local_now)
            return self._keep(work, staff, sheet, written, quiet=quiet)

        return await self._do(deed)

    async def finish(self, staff: StaffMember, entry_id: str, version: int, texts: Mapping[str, str]) -> str:
        def deed(work: _Work) -> str:
            sheet = self._held(work, staff, entry_id, version)
            if sheet.entry.state == "compare":
                raise EntryNotDone("not_possible")
            written, withheld = written_of(sheet, texts, staff.id, work.local_now)
            filled = self._fill(work, sheet, written, staff)
            if withheld or not filled.is_complete:
                self._keep(work, staff, sheet, written)
                return "incomplete"
            name = PASS_OF[sheet.entry.state]
            passes = {**sheet.entry.passes, name: as_pass(written)}
            if sheet.entry.state == "first" and sheet.entry.doubled:
                return self._next(work, staff, sheet, passes, "second")
            if sheet.entry.state == "second":
                first = self._fill(work, sheet, as_written(passes["first"]), staff)
                if differing(first, filled):
                    return self._next(work, staff, sheet, passes, "compare")
            return self._submit(work, staff, sheet, passes, filled)

        return self._unless_incomplete(await self._do(deed))

    async def decide(self, staff: StaffMember, entry_id: str, version: int, texts: Mapping[str, str]) -> str:
        def deed(work: _Work) -> str:
            sheet = self._held(work, staff, entry_id, version)
            if sheet.entry.state != "compare":
                raise EntryNotDone("not_possible")
            written, withheld = written_of(sheet, texts, staff.id, work.local_now)
            filled = self._fill(work, sheet, written, staff)
            undecided = {key for key in self._open_differences(work, staff, sheet) if str(key) not in texts}
            if withheld or undecided or not filled.is_complete:
                self._keep(work, staff, sheet, {key: one for key, one in written.items() if key not in undecided})
                return "incomplete"
            passes = {**sheet.entry.passes, "decided": as_pass(written)}
            return self._submit(work, staff, sheet, passes, filled)

        return self._unless_incomplete(await self._do(deed))

    async def discard(self, staff: StaffMember, entry_id: str, version: int) -> None:
        def deed(work: _Work) -> None:
            sheet = self._held(work, staff, entry_id, version, mine=False)
            entries.save_entry(work.conn, work.vault, work.uni, sheet.entry, staff_id=staff.id, state="discarded")
            self._record(work, "entry.discarded", staff, sheet.entry)

        await self._do(deed)

    # How it is done -----------------------------------------------------------------------------

    def _work(self, conn: Connection) -> _Work:
        uni = self._database.universe
        return _Work(conn, self._database.vault, uni, uni.now().astimezone(self._rules.zone))

    async def _do(self, deed: Callable[[_Work], T]) -> T:
        try:
            return await self._database.transact(lambda conn: deed(self._work(conn)))
        except StaleEntry:
            raise EntryNotDone("stale") from None

    async def _read(self, look: Callable[[_Work], T]) -> T:
        return await self._database.read(lambda conn: look(self._work(conn)))

    @staticmethod
    def _unless_incomplete(state: str) -> str:
        if state == "incomplete":
            raise EntryNotDone("incomplete")
        return state

    def _sheet(self, work: _Work, entry_id: str, *, lock: bool = False) -> Sheet:
        entry = entries.load_entry(work.conn, work.vault, entry_id, lock=lock)
        case = None if entry is None else cases.load_case(work.conn, entry.case_id)
        customer = None if case is None else customers.load_customer(work.conn, work.vault, case.customer_id)
        if entry is None or case is None or customer is None:
            raise EntryNotDone("not_possible")
        return Sheet(entry, case, customer, self._live.definition(work.conn, entry.questionnaire_sha256))

    def _held(self, work: _Work, staff: StaffMember, entry_id: str, version: int, *, mine: bool = True) -> Sheet:
        """The entry as it was seen, held until the end of the transaction."""
        sheet = self._sheet(work, entry_id, lock=True)
        if not sheet.entry.is_open or sheet.entry.version != version:
            raise StaleEntry
        if mine and not _is_of(sheet.entry, staff):
            raise EntryNotDone("second_person")
        return sheet

    def _fill(self, work: _Work, sheet: Sheet, written: Mapping[Key, Written], staff: StaffMember) -> Filled:
        started = ev.Started(
            at=sheet.entry.opened_at.astimezone(self._rules.zone),
            definition_sha256=sheet.definition.sha256,
            locale=sheet.entry.locale,
            receipt_no="",
            master=dict(sheet.customer.fields),
        )
        return fill(sheet.definition, started, written, work.local_now, by=staff.id)

    def _view(
        self,
        work: _Work,
        staff: StaffMember,
        sheet: Sheet,
        texts: Mapping[str, str] | None,
        *,
        stale: bool = False,
    ) -> EntryView:
        logins = {member.id: member.login for member in members.list_staff(work.conn)}
        entry = sheet.entry
        view = view_of(entry, sheet.case, sheet.customer, sheet.definition, logins)
        if entry.submission_id is not None:
            submission = load_submission(work.conn, work.vault, entry.submission_id)
            view = replace(view, receipt_no="" if submission is None else submission.receipt_no)
        if not entry.is_open or not _is_of(entry, staff):
            return replace(view, mine=False)
        saved = saved_of(sheet)
        written, withheld = (saved, {}) if texts is None else written_of(sheet, texts, staff.id, work.local_now)
        filled = self._fill(work, sheet, written, staff)
        others = texts_of_others(saved, written) if stale else {}
        lines = lines_of(filled, others, withheld)
        return replace(
            view, lines=self._compared(work, staff, sheet, lines, texts or {}) if entry.state == "compare" else lines
        )

    def _compared(
        self, work: _Work, staff: StaffMember, sheet: Sheet, lines: tuple[EntryLine, ...], chosen: Mapping[str, str]
    ) -> tuple[EntryLine, ...]:
        """Of two entries what differs, or has to be put right after that was decided."""
        first, second = self._both(work, staff, sheet)
        differ = differing(first, second)
        read = [{line.slot.key: shown(line) for line in filled.lines} for filled in (first, second)]
        found = []
        for line in lines:
            key = key_of(line.key)
            if key is not None and key in differ:
                texts = [as_written(sheet.entry.passes[name]).get(key) for name in ("first", "second")]
                typed = tuple("" if one is None else one.text for one in texts)
                both = tuple((text, shown_as.get(key, "")) for text, shown_as in zip(typed, read, strict=True))
                found.append(replace(line, both=both, decided=line.key in chosen))
            elif line.state in ("missing", "problem"):
                found.append(line)
        return tuple(found)

    def _both(self, work: _Work, staff: StaffMember, sheet: Sheet) -> tuple[Filled, Filled]:
        passes = sheet.entry.passes
        first, second = (self._fill(work, sheet, as_written(passes[name]), staff) for name in ("first", "second"))
        return first, second

    def _open_differences(self, work: _Work, staff: StaffMember, sheet: Sheet) -> frozenset[Key]:
        kept = {key for key in map(key_of, sheet.entry.passes.get("decided", {})) if key is not None}
        return differing(*self._both(work, staff, sheet)) - kept

    def _keep(
        self, work: _Work, staff: StaffMember, sheet: Sheet, written: Mapping[Key, Written], *, quiet: bool = False
    ) -> int:
        entry = sheet.entry
        second_by = staff.id if entry.state == "second" else None
        passes = {**entry.passes, PASS_OF[entry.state]: as_pass(written)}
        version = entries.save_entry(
            work.conn, work.vault, work.uni, entry, staff_id=staff.id, passes=passes, second_by=second_by
        )
        if not (quiet and entry.version and entry.saved_by == staff.id):
            self._record(work, "entry.saved", staff, entry)
        return version

    def _next(self, work: _Work, staff: StaffMember, sheet: Sheet, passes: Mapping[str, Pass], state: str) -> str:
        second_by = staff.id if state == "compare" else None
        if state == "compare":
            # Where both agree nothing has to be decided; the second one's words are kept.
            passes = {**passes, "decided": {}}
        entries.save_entry(
            work.conn,
            work.vault,
            work.uni,
            sheet.entry,
            staff_id=staff.id,
            passes=passes,
            state=state,
            second_by=second_by,
        )
        self._record(work, f"entry.to_{state}", staff, sheet.entry)
        return state

    def _submit(self, work: _Work, staff: StaffMember, sheet: Sheet, passes: Mapping[str, Pass], filled: Filled) -> str:
        talk = Talk(work.conn, work.vault, work.uni, self._live, self._rules, work.uni.new_id())
        submission = submit_entry(talk, sheet.entry, sheet.case, sheet.definition, filled, staff)
        if submission is None:
            case = cases.load_case(work.conn, sheet.case.id)
            _refuse_over(sheet.case if case is None else case)
            raise EntryNotDone("not_possible")
        entries.save_entry(
            work.conn,
            work.vault,
            work.uni,
            sheet.entry,
            staff_id=staff.id,
            passes=passes,
            state="submitted",
            submission_id=submission.id,
        )
        self._record(work, "entry.submitted", staff, sheet.entry, submission=submission.id)
        return "submitted"

    @staticmethod
    def _record(
        work: _Work, action: str, staff: StaffMember, entry: Entry, *, submission: str = "", **detail: str
    ) -> None:
        subjects = {"case": entry.case_id, "entry": entry.id}
        if submission:
            subjects["submission"] = submission
        audit.record(
            work.conn, work.uni, action, actor_kind="staff", actor_id=staff.id, subjects=subjects, detail=detail
        )


def _is_of(entry: Entry, staff: StaffMember) -> bool:
    """Whether this member may type: who entered a form first neither enters it again nor settles what differs."""
    return entry.state == "first" or staff.id not in entry.typists | {entry.opened_by}


def _refuse_over(case: Case) -> None:
    if case.status in BEING_COMPARED:
        raise EntryNotDone("being_compared")
    if not way_to_answered(case.status):
        raise EntryNotDone("over")
