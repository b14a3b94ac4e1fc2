"""Open conversations go over to the live version of their form.

Promise: each goes over in a transaction of its own that holds it, so a turn of the customer comes before or after and
never into it; a run that was killed is run again and finds what is left; and what became of each is in the audit
record.  Nothing is sent: the customer is asked by the new version when he comes back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo

import structlog
from sqlalchemy import Connection

from bot.case_room import as_it_stands
from bot.live_content import LiveContent, NothingPublished
from dialogs.conversation import events as ev
from dialogs.conversation.state import from_json
from dialogs.conversation.upgrade import Fate, Upgrade, upgrade
from dialogs.definition.model import Questionnaire
from dialogs.definition.versions import Change, changes_between
from dialogs.records import changed
from storage import audit, conversations, publishing
from storage.database import Database
from storage.pinned import on_older_versions
from storage.problems import KeyMissing, SealBroken

log = structlog.get_logger("kakunin.upgrading")

#: Conversations that are looked up at a time.
_BATCH = 200


@dataclass
class Tally:
    """What became, or would become, of the conversations of one older version."""

    old: Questionnaire
    changes: tuple[Change, ...]
    fates: Counter[Fate] = field(default_factory=Counter)
    #: How many conversations each change touches.
    touched: Counter[Change] = field(default_factory=Counter)
    #: Answers that are to be given again, and answers that have no place any more.
    again: int = 0
    dropped: int = 0

    def count(self, one: Upgrade) -> None:
        self.fates[one.fate] += 1
        self.touched.update(one.touching)
        if one.step is not None:
            self.again += len(one.again)
            self.dropped += len(one.dropped)


@dataclass
class Report:
    """A run over all open conversations of a form."""

    new: Questionnaire
    tallies: dict[str, Tally] = field(default_factory=dict)
    #: Conversations that cannot be read or moved: they stay as they are.
    failed: list[str] = field(default_factory=list)


class Upgrading:
    """The conversations of one questionnaire, on their way to its live version."""

    def __init__(self, database: Database, zone: tzinfo) -> None:
        self._database = database
        self._zone = zone
        self._live = LiveContent(facts={})

    def run(self, name: str, *, actor: str, dry_run: bool) -> Report:
        """Move all that may move; raises ``NothingPublished`` where no version of the form is live."""
        new = self._database.run_read(lambda conn: self._live.live_definition(conn, name))
        report = Report(new)
        for conversation_id in self._ids(new):
            try:
                if dry_run:
                    found = self._database.run_read(lambda conn, one=conversation_id: self._look(conn, one, new))  # type: ignore[misc]
                else:
                    found = self._database.run_piece(
                        lambda conn, one=conversation_id: self._move(conn, one, new, actor)  # type: ignore[misc]
                    )
            except (KeyMissing, SealBroken, NothingPublished) as problem:
                log.error("upgrade.failed", conversation=conversation_id, error=type(problem).__name__)
                report.failed.append(conversation_id)
                continue
            if found is not None:
                old, one = found
                if old.sha256 not in report.tallies:
                    report.tallies[old.sha256] = Tally(old, changes_between(old, new))
                report.tallies[old.sha256].count(one)
        return report

    def _ids(self, new: Questionnaire) -> Iterator[str]:
        after = ""
        while True:
            found = self._database.run_read(
                lambda conn, after=after: on_older_versions(conn, new.id, new.sha256, after=after, limit=_BATCH)  # type: ignore[misc]
            )
            yield from found
            if len(found) < _BATCH:
                return
            after = found[-1]

    def _look(self, conn: Connection, conversation_id: str, new: Questionnaire) -> tuple[Questionnaire, Upgrade] | None:
        conversation = conversations.load_conversation(conn, self._database.vault, conversation_id)
        return None if conversation is None else self._decide(conn, conversation, new)

    def _decide(
        self, conn: Connection, conversation: conversations.Conversation, new: Questionnaire
    ) -> tuple[Questionnaire, Upgrade] | None:
        """``None`` where the customer was quicker: it is over, or another run has moved it."""
        sha256 = conversation.questionnaire_sha256
        if sha256 is None or sha256 == new.sha256 or conversation.closed_at is not None:
            return None
        old = self._live.definition(conn, sha256)
        now = self._database.universe.now().astimezone(self._zone)
        return old, upgrade(old, new, from_json(conversation.state), now)

    def _move(
        self, conn: Connection, conversation_id: str, new: Questionnaire, actor: str
    ) -> tuple[Questionnaire, Upgrade] | None:
        database = self._database
        conversation = conversations.lock_conversation(conn, database.vault, conversation_id)
        live = publishing.live(conn, "questionnaire", new.id)
        if conversation is None or live is None or live.sha256 != new.sha256:
            return None  # yet another version came: the next run is for that one
        found = self._decide(conn, conversation, new)
        if found is None:
            return None
        old, one = found
        if one.step is None:
            return found
        moved = as_it_stands(conversation, one.step.state, database.universe.now())
        moved = changed(moved, questionnaire_sha256=new.sha256)
        conversations.save_conversation(conn, database.vault, moved, [ev.to_json(event) for event in one.step.events])
        subjects = {"conversation": conversation.id, "from": old.sha256, "to": new.sha256}
        audit.record(
            conn,
            database.universe,
            "conversation.upgraded",
            actor_kind="os_user",
            actor_id=actor,
            subjects=subjects | ({} if conversation.case_id is None else {"case": conversation.case_id}),
            detail={"fate": one.fate.value, "again": str(len(one.again)), "dropped": str(len(one.dropped))},
        )
        return found
