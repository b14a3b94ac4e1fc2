"""The account's own conversation, before and between cases: the lobby's steps, saved, and who owns it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.linking import lobby_step
from bot.lobby_state import MAX_FAILURES, LobbyResult, LobbyState, LobbyStep, OfferedCase, Outcome
from bot.talk import Talk, notice
from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.asking import RESUME
from dialogs.conversation.commands import Command
from dialogs.conversation.events import Owner
from dialogs.conversation.people import PHONE, WAIT, reply_words, waiting_words
from dialogs.conversation.prompts import Button, Phrase, Prompt
from storage import accounts, audit, cases, conversations, customers, link_codes, menus, publishing
from storage.accounts import Account
from storage.case_status import ANSWERABLE
from storage.conversations import Conversation

#: An account that failed too often waits this long.
_LOCKED_FOR = timedelta(hours=24)

#: One way of taking the lobby a step further.
Run = Callable[[LobbyState, "Facts"], LobbyResult]


def step_lobby(talk: Talk, conversation: Conversation, run: Run) -> LobbyResult:
    """Take the lobby a step further and save it; the caller carries out its outcome."""
    state = LobbyState.from_json(conversation.state)
    if not conversation.state:
        state = replace(state, locale=conversation.locale)
    account = talk.account(conversation.account_id)
    facts = Facts(talk, account)
    if state.step is LobbyStep.WHICH and not facts.open_cases():
        # They were closed meanwhile: there is nothing left to choose from.
        state = replace(state, step=LobbyStep.CODE)
    result = run(state, facts)
    in_vain = _asks_in_vain(result, facts)
    if in_vain:
        result = _to_a_person(talk, account, result, state, in_vain)
    # Who is given to a person hears it all from there: what is written before the hand-over is dropped unsent.
    save_lobby(talk, conversation, replace(result, says=()) if result.outcome is Outcome.STAFF else result)
    for action in result.audit:
        audit.record(talk.conn, talk.uni, action, actor_kind="customer", actor_id=account.id, subjects={}, detail={})
    return result


def _asks_in_vain(result: LobbyResult, facts: Facts) -> str:
    """Why a customer who begins to prove himself could never go on; empty where he can.

    ``no_factor``: the bank knows no birth date or no phone number of his.  ``no_form``: no questionnaire for
    his kind of customer is published.
    """
    state = result.state
    begins = state.step in (LobbyStep.CHECK_NUMBER, LobbyStep.BIRTH_DATE)
    if not begins or state.case_id is None:
        return ""
    if not facts.has_factor(state.case_id):
        return "no_factor"
    return "" if facts.has_form(state.case_id) else "no_form"


def _to_a_person(talk: Talk, account: Account, result: LobbyResult, before: LobbyState, reason: str) -> LobbyResult:
    """Nothing is shown or asked that leads nowhere: a person takes over."""
    case_id = result.state.case_id
    assert case_id is not None
    audit.record(
        talk.conn,
        talk.uni,
        f"link.{reason}",
        actor_kind="customer",
        actor_id=account.id,
        subjects={"case": case_id},
        detail={},
    )
    state = LobbyState(asked=before.asked, locale=result.state.locale, greeted=True)
    return LobbyResult(state=state, outcome=Outcome.STAFF, audit=result.audit, reason=reason)


def input_step(talk: Talk, what: inp.Input) -> Run:
    """The step for an input of the customer."""
    return lambda state, facts: lobby_step(state, what, facts, talk.local_now)


def save_lobby(talk: Talk, conversation: Conversation, result: LobbyResult) -> Conversation:
    """Keep the lobby's state and queue what it says."""
    state = result.state.to_json()
    if result.state.locale != conversation.locale:
        menus.touch_menu(talk.conn, conversation.account_id)
    conversation = replace(
        conversation,
        state=state,
        locale=result.state.locale,
        phase=f"lobby:{result.state.step.value}",
        open_question=result.state.step.value,
    )
    events = [{"kind": "lobby_moved", "at": talk.now.isoformat(), "state": state}]
    if result.unmatched is not None:
        events.append(ev.to_json(result.unmatched))
    return talk.save(conversation, events, list(result.says))


# Ownership ----------------------------------------------------------------------------------


def owned_by_people(talk: Talk, conversation: Conversation, what: inp.Input) -> bool:
    """Whether the input was dealt with because a person owns the lobby, comes or goes."""
    match what:
        case inp.StaffTook():
            set_owner(talk, conversation, Owner.STAFF, what.reason, staff_id=what.staff_id, epoch=what.epoch)
        case inp.StaffReleased():
            words: tuple[Phrase, ...] = (Phrase(key="handover.other_staff"),) if what.reason == "idle" else ()
            set_owner(talk, conversation, Owner.WAITING, f"released:{what.reason}", *words)
        case inp.BotFailed() if conversation.owner == Owner.BOT.value:
            set_owner(talk, conversation, Owner.WAITING, "engine_error", Phrase(key="handover.bot_failed"))
        case inp.HandedBack():
            set_owner(talk, conversation, Owner.BOT, what.reason)
            if what.reason != "customer_silent":
                step_lobby(talk, talk.lock(conversation.id), input_step(talk, what))
        case inp.HeldElsewhere():
            set_owner(talk, conversation, Owner.STAFF, "external")
        case inp.NobodyCame():
            words = (Phrase(key="handover.nobody_came"), reply_words(talk.staffing, conversation.locale))
            set_owner(talk, conversation, Owner.BOT, "nobody_came", *words)
            step_lobby(talk, talk.lock(conversation.id), input_step(talk, inp.Began()))
        case inp.WaitedLong():
            _tell(talk, conversation, "handover.waited_long", (WAIT, RESUME, PHONE))
        case _ if conversation.owner == Owner.WAITING.value:
            _while_waiting(talk, conversation, what)
        case _:
            return conversation.owner == Owner.STAFF.value
    return True


def _while_waiting(talk: Talk, conversation: Conversation, what: inp.Input) -> None:
    option = what.option if isinstance(what, inp.Chose) else ""
    if _would_rather_go_on(what):
        leave_the_line(talk, conversation)
        step_lobby(talk, talk.lock(conversation.id), input_step(talk, inp.Began()))
    elif option == PHONE.option:
        talk.say(conversation, Phrase(key="handover.phone"))
    elif option == WAIT.option or not LobbyState.from_json(conversation.state).waiting_told:
        _tell(talk, conversation, "handover.still_waiting", (RESUME,))


def _tell(talk: Talk, conversation: Conversation, key: str, buttons: tuple[Button, ...]) -> None:
    """To who waits, and may tap one of the buttons."""
    told = replace(LobbyState.from_json(conversation.state), waiting_told=True)
    says = replace(notice(Phrase(key=key)), buttons=buttons, token=f"l{told.asked}")
    save_lobby(talk, conversation, LobbyResult(state=told, says=(says,)))


def _would_rather_go_on(what: inp.Input) -> bool:
    if isinstance(what, inp.Said):
        return what.reading.exact in (Command.RESUME, Command.BACK) or what.reading.command is Command.RESUME
    return isinstance(what, inp.Chose) and what.option == "resume"


def leave_the_line(talk: Talk, lobby: Conversation) -> None:
    """The customer goes on with the bot instead of waiting for a person."""
    set_owner(talk, lobby, Owner.BOT, "customer_returned", Phrase(key="handover.customer_returned"))


def call_person(talk: Talk, lobby: Conversation, reason: str, before: Sequence[Prompt] = ()) -> None:
    """The customer waits for a person from here on, and hears whether one is there; ``before`` that why."""
    set_owner(talk, lobby, Owner.WAITING, reason, *waiting_words(talk.staffing, lobby.locale), before=before)


def set_owner(
    talk: Talk,
    conversation: Conversation,
    owner: Owner,
    reason: str,
    *say: Phrase,
    staff_id: str | None = None,
    epoch: int | None = None,
    before: Sequence[Prompt] = (),
) -> None:
    """Change who may speak in the lobby, and say so."""
    epoch = conversation.epoch + 1 if epoch is None else epoch
    state = replace(LobbyState.from_json(conversation.state), waiting_told=False)
    changed = ev.OwnerChanged(at=talk.now, owner=owner, staff_id=staff_id, epoch=epoch, reason=reason)
    says = [notice(*say)] if say else []
    if owner is Owner.WAITING:
        says = [replace(prompt, buttons=(RESUME,), token=f"l{state.asked}") for prompt in says]
    says = [*(replace(prompt, buttons=(), token=None) for prompt in before), *says]
    conversation = replace(
        conversation,
        state=state.to_json(),
        owner=owner.value,
        owner_staff_id=staff_id,
        epoch=epoch,
        waiting_since=talk.now if owner is Owner.WAITING else None,
    )
    talk.save(conversation, [ev.to_json(changed)], says)


# What the lobby looks up ---------------------------------------------------------------------


def offered(talk: Talk, case_id: str, code_id: str | None = None) -> OfferedCase:
    """A case as the lobby speaks of it."""
    case = cases.load_case(talk.conn, case_id)
    assert case is not None
    return OfferedCase(
        case_id=case.id, check_number=case.check_number, is_corporate=case.kind == "corporate", code_id=code_id
    )


class Facts:
    """``LobbyFacts`` over the store."""

    def __init__(self, talk: Talk, account: Account) -> None:
        self._talk = talk
        self._account = account
        #: What the bank knows of the customer of a case, by the case: one step asks for several fields.
        self._fields: dict[str, Mapping[str, str]] = {}

    def is_locked(self) -> bool:
        until = self._account.locked_until
        return until is not None and until > self._talk.now

    def can_log_in(self) -> bool:
        led_there = self._account.channel in self._talk.rules.login_channels
        return led_there and not self.is_locked() and not self.open_cases()

    def usable_code(self, code: str) -> OfferedCase | None:
        talk = self._talk
        found = link_codes.find_link_code(talk.conn, talk.vault, code, for_update=True)
        if found is None or found.state != "active" or found.expires_on < talk.local_now.date():
            return None
        case = cases.load_case(talk.conn, found.case_id)
        if case is None or case.status not in ANSWERABLE:
            return None
        return offered(talk, found.case_id, found.id)

    def own_code(self, code: str) -> OfferedCase | None:
        talk = self._talk
        found = link_codes.find_link_code(talk.conn, talk.vault, code)
        if found is None or found.state != "used":
            return None
        linked = {link.case_id for link in accounts.live_links(talk.conn, self._account.id)}
        return offered(talk, found.case_id) if found.case_id in linked else None

    def is_linked(self) -> bool:
        return bool(accounts.live_links(self._talk.conn, self._account.id))

    def count_failure(self, code_id: str | None) -> bool:
        talk = self._talk
        failures = self._account.failures + 1
        locked = failures >= MAX_FAILURES
        until = talk.now + _LOCKED_FOR if locked else None
        accounts.set_account_failures(talk.conn, self._account.id, 0 if locked else failures, until)
        if code_id is not None:
            locked = link_codes.count_code_failure(talk.conn, code_id, MAX_FAILURES) >= MAX_FAILURES or locked
        return locked

    def are_staff_there(self) -> bool:
        return self._talk.staffing.is_open

    def birth_date_fits(self, case_id: str, value: date) -> bool:
        return self._field(case_id, "birth_date") == value.isoformat()

    def phone_tail_fits(self, case_id: str, digits: str) -> bool:
        phone = "".join(ch for ch in self._field(case_id, "phone") if ch.isdecimal())
        return len(phone) >= len(digits) and phone.endswith(digits)

    def _field(self, case_id: str, name: str) -> str:
        talk = self._talk
        if case_id not in self._fields:
            case = cases.load_case(talk.conn, case_id)
            customer = None if case is None else customers.load_customer(talk.conn, talk.vault, case.customer_id)
            self._fields[case_id] = {} if customer is None else customer.fields
        return self._fields[case_id].get(name, "")

    def has_factor(self, case_id: str) -> bool:
        """Whether the master record has what the second factor asks for."""
        phone = [ch for ch in self._field(case_id, "phone") if ch.isdecimal()]
        return bool(self._field(case_id, "birth_date")) and len(phone) >= 4

    def has_form(self, case_id: str) -> bool:
        """Whether the case's conversation has begun, or a questionnaire is published with which it can."""
        talk = self._talk
        if conversations.conversation_of_case(talk.conn, case_id) is not None:
            return True
        case = cases.load_case(talk.conn, case_id)
        return case is not None and publishing.live(talk.conn, "questionnaire", case.questionnaire_id) is not None

    def open_cases(self) -> Sequence[OfferedCase]:
        talk = self._talk
        found: list[OfferedCase] = []
        for link in accounts.live_links(talk.conn, self._account.id):
            case = cases.load_case(talk.conn, link.case_id)
            if case is not None and case.status in ANSWERABLE:
                found.append(offered(talk, case.id))
        return found


def reset(talk: Talk, lobby: Conversation, *phrases: Phrase) -> None:
    """The lobby from its beginning, with a word about why."""
    before = LobbyState.from_json(lobby.state)
    state = LobbyState(locale=lobby.locale, greeted=True, asked=before.asked)
    save_lobby(talk, lobby, LobbyResult(state=state, says=(notice(*phrases),)))
