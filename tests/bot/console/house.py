"""A small bank for the console's tests: two branches, a few members of staff, conversations in every state.

The desk here keeps the real ownership rules on the real store (one conditional update, owner checked in
the transaction), without a questionnaire: what stands beside a conversation is set by hand.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from argon2 import PasswordHasher
from sqlalchemy import Connection

from bot.console.desk import (
    ConversationView,
    CustomerFact,
    EntryRefused,
    HandOver,
    NothingOwed,
    NothingToRecord,
    NotOwner,
    SecretTyped,
)
from dialogs.conversation.prompts import Message, MessageKind, ShownButton
from dialogs.conversation.wording import to_json
from dialogs.personal import Personal
from storage import accounts, cases, content, conversations, customers, inbound, outgoing, passing_on, snoozes, staff
from storage.branches import WHOLE_BANK, Branches
from storage.conversations import Conversation
from storage.database import Database
from storage.hand_overs import settle
from storage.staff import StaffMember
from storage.universe import FrozenUniverse
from tests.bot.console.shown import ANSWERS, FACTS, FULL, QUESTIONS

PASSWORD = "a long first password"

#: Fit for tests only: a hash takes a millisecond.
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)

#: A customer who tries to run a script in the console.
PLANTED = "<script>document.title='planted'</script><img src=x onerror=document.title='planted'>"


@dataclass
class StoreDesk:
    """``Desk`` over the store; what the form would know is a constant."""

    database: Database
    question: str | None = "ご住所は変わりましたか。"
    hand_overs: dict[str, list[HandOver]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    async def view(self, conversation_id: str) -> ConversationView:
        def load(conn: Connection) -> ConversationView:
            conversation = self._load(conn, conversation_id)
            case = None if conversation.case_id is None else cases.load_case(conn, conversation.case_id)
            logins = {member.id: member.login for member in staff.list_staff(conn)}
            known = case is not None
            asleep, until = snoozes.snoozed_until(conn, conversation_id, self.database.universe.now())
            return ConversationView(
                conversation_id=conversation.id,
                owner=conversation.owner,
                owner_staff_id=conversation.owner_staff_id,
                owner_login=logins.get(conversation.owner_staff_id or "", ""),
                epoch=conversation.epoch,
                phase=conversation.phase,
                progress=(4, 12) if known else (0, 0),
                current_question=self.question if known else None,
                answers=ANSWERS if known else (),
                facts=FACTS if known else (),
                check_number=None if case is None else case.check_number,
                receipt_no=None,
                case_status=None if case is None else case.status.value,
                entry_questions=QUESTIONS if known else (),
                hand_overs=tuple(self.hand_overs.get(conversation_id, ())),
                snoozed=asleep,
                snoozed_until=until,
            )

        return await self.database.read(load)

    async def claim(self, conversation_id: str, staff: StaffMember) -> bool:
        uni = self.database.universe
        epoch = await self.database.transact(
            lambda conn: conversations.claim_conversation(conn, uni, conversation_id, staff.id)
        )
        if epoch is not None:
            self._changed(conversation_id, "staff", staff.login, "claimed")
        return epoch is not None

    async def say(self, conversation_id: str, staff: StaffMember, text: str, *, epoch: int | None = None) -> None:
        if "4111 1111 1111 1111" in text:
            raise SecretTyped("card_number")

        def deed(conn: Connection) -> None:
            conversation = self._owned(conn, conversation_id, staff, epoch)
            message = Message(kind=MessageKind.STAFF, text=text, sender=staff.login)
            say(conn, self.database, conversation, message, staff_id=staff.id)

        await self.database.transact(deed)

    async def hand_back(self, conversation_id: str, staff: StaffMember, note: str, *, epoch: int | None = None) -> None:
        await self._move(conversation_id, staff, "bot", epoch)
        self._changed(conversation_id, "bot", staff.login, "handed_back")

    async def release(self, conversation_id: str, staff: StaffMember, reason: str, *, epoch: int | None = None) -> None:
        await self._move(conversation_id, staff, "waiting", epoch)
        self.notes.append(reason)
        self._changed(conversation_id, "waiting", staff.login, "released")

    async def transfer(
        self, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, *, epoch: int
    ) -> None:
        await self.database.transact(lambda conn: self._owned(conn, conversation_id, staff, epoch))
        await self.assign(conversation_id, staff, to, reason, epoch=epoch)

    async def assign(
        self, conversation_id: str, staff: StaffMember, to: StaffMember, reason: str, *, epoch: int
    ) -> None:
        moved = await self.database.transact(
            lambda conn: passing_on.pass_on(conn, conversation_id, to=to.id, seen_epoch=epoch)
        )
        if moved is None:
            raise NotOwner
        self.notes.append(reason)
        self._changed(conversation_id, "staff", to.login, "transferred")

    async def snooze(self, conversation_id: str, staff: StaffMember, until: datetime | None, *, epoch: int) -> None:
        def deed(conn: Connection) -> None:
            conversation = self._owned(conn, conversation_id, staff, epoch)
            snoozes.snooze(conn, self.database.universe, conversation, staff.id, until)

        await self.database.transact(deed)

    async def wake(self, conversation_id: str, staff: StaffMember, *, epoch: int) -> None:
        await self.database.transact(lambda conn: snoozes.wake(conn, conversation_id))

    async def settle(self, conversation_id: str, staff: StaffMember, note: str, *, epoch: int) -> None:
        def deed(conn: Connection) -> None:
            if not settle(conn, self.database.universe, conversation_id):
                raise NothingOwed

        await self.note(conversation_id, staff, note)
        await self.database.transact(deed)

    async def note(self, conversation_id: str, staff: StaffMember, text: str) -> None:
        if "4111 1111 1111 1111" in text:
            raise SecretTyped("card_number")
        database = self.database
        await database.transact(
            lambda conn: content.save_content(
                conn,
                database.vault,
                database.universe,
                conversation_id,
                direction="note",
                body={"text": text},
                staff_id=staff.id,
            )
        )

    async def enter(
        self, conversation_id: str, staff: StaffMember, question: str, instance: int, text: str, *, epoch: int
    ) -> None:
        await self.database.transact(lambda conn: self._owned(conn, conversation_id, staff, epoch))
        if text == "?":
            raise EntryRefused("choose", {})

    async def full(self, conversation_id: str) -> tuple[CustomerFact, ...]:
        return FULL

    async def record_tap(self, conversation_id: str, staff: StaffMember, content_id: str, *, epoch: int) -> None:
        raise NothingToRecord

    async def _move(self, conversation_id: str, staff: StaffMember, to: str, epoch: int | None) -> None:
        def deed(conn: Connection) -> None:
            conversation = self._owned(conn, conversation_id, staff, epoch)
            since = self.database.universe.now() if to == "waiting" else None
            moved = replace(
                conversation, owner=to, owner_staff_id=None, epoch=conversation.epoch + 1, waiting_since=since
            )
            conversations.save_conversation(conn, self.database.vault, moved, [])

        await self.database.transact(deed)

    def _load(self, conn: Connection, conversation_id: str) -> Conversation:
        found = conversations.load_conversation(conn, self.database.vault, conversation_id)
        assert found is not None
        return found

    def _owned(
        self, conn: Connection, conversation_id: str, staff: StaffMember, epoch: int | None = None
    ) -> Conversation:
        conversation = self._load(conn, conversation_id)
        if conversation.owner != "staff" or conversation.owner_staff_id != staff.id:
            raise NotOwner
        if epoch is not None and conversation.epoch != epoch:
            raise NotOwner
        return conversation

    def _changed(self, conversation_id: str, to: str, login: str, reason: str) -> None:
        change = HandOver(at=self.database.universe.now(), to=to, staff=login, reason=reason)
        self.hand_overs.setdefault(conversation_id, []).append(change)


@dataclass
class Bank:
    """The store with its people."""

    database: Database
    universe: FrozenUniverse
    desk: StoreDesk
    #: Name in the tests -> reference of the conversation.
    refs: dict[str, str] = field(default_factory=dict)

    def conversation_id(self, name: str) -> str:
        found = self.database.run_read(lambda conn: conversations.find_conversation_ref(conn, self.refs[name]))
        assert found is not None
        return found

    def conversation(self, name: str) -> Conversation:
        conversation_id = self.conversation_id(name)
        found = self.database.run_read(
            lambda conn: conversations.load_conversation(conn, self.database.vault, conversation_id)
        )
        assert found is not None
        return found

    def customer_says(self, name: str, text: str) -> None:
        """A text of the customer arrives."""
        self.database.run(lambda conn: hear(conn, self.database, self.conversation_id(name), {"text": text}))

    def move_branch(self, customer_no: str, branch_no: str) -> None:
        """The next master file names another branch."""
        row = {"customer_no": customer_no, "kind": "individual", "name": "見本", "branch_no": branch_no, "locale": "ja"}

        def move(conn: Connection) -> None:
            seq = customers.begin_master_version(conn, self.universe, "1" * 64)
            customers.stage_master_rows(conn, self.database.vault, self.universe, seq, [row | {"risk_rating": "low"}])
            customers.finish_master_version(conn, self.universe, seq)

        self.database.run(move)


def say(
    conn: Connection, database: Database, conversation: Conversation, message: Message, *, staff_id: str | None = None
) -> Conversation:
    """Queue a message to the customer."""
    conversation = replace(conversation, out_seq=conversation.out_seq + 1)
    conversation = conversations.save_conversation(conn, database.vault, conversation, [])
    outgoing.insert_outgoing(
        conn,
        database.vault,
        database.universe,
        conversation=conversation,
        kind=message.kind.value,
        body=to_json(message),
        turn_id=database.universe.new_id(),
        epoch=conversation.epoch,
        reply_token=None,
        reply_until=None,
        staff_id=staff_id,
    )
    return conversation


def hear(conn: Connection, database: Database, conversation_id: str, body: dict[str, str], kind: str = "text") -> str:
    """Keep an event of the customer."""
    uni, vault = database.universe, database.vault
    conversation = conversations.load_conversation(conn, vault, conversation_id)
    assert conversation is not None
    content_id = content.save_content(conn, vault, uni, conversation_id, direction="in", body=body)
    inbound.insert_inbound(
        conn,
        vault,
        uni,
        channel="line",
        event_key=uni.new_id(),
        account_id=conversation.account_id,
        conversation_id=conversation_id,
        kind=kind,
        occurred_at=uni.now(),
        content_id=content_id,
        message_id=None,
        payload={},
    )
    moved = replace(conversation, last_inbound_at=uni.now())
    conversations.save_conversation(conn, vault, moved, [])
    return content_id


def seed(database: Database, universe: FrozenUniverse) -> Bank:
    """Fill an empty store."""
    bank = Bank(database, universe, StoreDesk(database))
    database.run(lambda conn: _staff(conn, universe))
    database.run(lambda conn: _customers(conn, database, universe))
    rows = (
        ("waiting_long", "0001", "line", "waiting", 64),
        ("waiting_short", "0002", "telegram", "waiting", 3),
        ("with_bot", "0003", "line", "bot", 0),
        ("branch_200", "0004", "line", "waiting", 12),
        ("over", "0005", "telegram", "closed", 0),
        ("lobby", None, "line", "bot", 0),
    )
    for number, (name, customer_no, channel, owner, minutes) in enumerate(rows):
        _converse(bank, name, customer_no, channel, owner, minutes, number)
    return bank


def _staff(conn: Connection, universe: FrozenUniverse) -> None:
    password_hash = QUICK.hash(PASSWORD)
    for login, role, branches in (
        ("sato", "operator", WHOLE_BANK),
        ("suzuki", "approver", WHOLE_BANK),
        ("kimura", "auditor", WHOLE_BANK),
        ("kato", "back_office", WHOLE_BANK),
        ("mori", "operator", Branches.of("200")),
        ("hara", "back_office", Branches.of("200")),
        ("ono", "operator", Branches.of("100")),
    ):
        staff.add_staff(conn, universe, login, role, branches, password_hash, must_change=False)
    staff.add_staff(conn, universe, "shinjin", "operator", None, password_hash, must_change=True)


def _customers(conn: Connection, database: Database, universe: FrozenUniverse) -> None:
    seq = customers.begin_master_version(conn, universe, "0" * 64)
    rows = [
        {
            "customer_no": number,
            "kind": kind,
            "name": f"見本 {number}",
            "branch_no": branch,
            "risk_rating": "low",
            "locale": "ja",
        }
        for number, kind, branch in (
            ("0001", "individual", "100"),
            ("0002", "corporate", "100"),
            ("0003", "individual", "100"),
            ("0004", "individual", "200"),
            ("0005", "individual", "100"),
        )
    ]
    customers.stage_master_rows(conn, database.vault, universe, seq, rows)
    customers.finish_master_version(conn, universe, seq)


def _converse(
    bank: Bank, name: str, customer_no: str | None, channel: str, owner: str, minutes: int, number: int
) -> None:
    database, universe = bank.database, bank.universe

    def make(conn: Connection) -> Conversation:
        account = accounts.upsert_account(conn, database.vault, universe, channel, Personal(f"user-{number}"), "ja")
        case_id = None
        if customer_no is not None:
            customer_id = customers.find_customer_no(conn, customer_no)
            assert customer_id is not None
            case = cases.open_case(
                conn,
                universe,
                customer_id,
                cause="periodic",
                reason="cadence",
                due_on=date(2026, 12, 31),
                questionnaire_id="individual",
            )
            case_id = case.id
        made = conversations.create_conversation(
            conn,
            database.vault,
            universe,
            kind="lobby" if case_id is None else "case",
            account_id=account.id,
            case_id=case_id,
            questionnaire_sha256=None,
            locale="ja",
        )
        made = replace(made, phase="asking")
        made = say(conn, database, made, QUESTION)
        hear(conn, database, made.id, {"label": "変わった", "option": "changed"}, kind="choice")
        made = conversations.load_conversation(conn, database.vault, made.id) or made
        since = universe.now() - timedelta(minutes=minutes) if owner == "waiting" else None
        closed_at = universe.now() if owner == "closed" else None
        return conversations.save_conversation(
            conn, database.vault, replace(made, owner=owner, waiting_since=since, closed_at=closed_at), []
        )

    bank.refs[name] = database.run(make).ref


QUESTION = Message(
    kind=MessageKind.QUESTION,
    text="3問め(のこり約9問)\nご住所は変わりましたか。",
    buttons=(ShownButton(option="same", label="変わっていない"), ShownButton(option="changed", label="変わった")),
    shortcuts=(ShownButton(option="staff", label="係の者と話す"),),
    token="t1",
)
