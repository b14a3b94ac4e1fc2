"""Which conversation an input belongs to, and how the lobby and the cases of one account lead into each other.

``turns`` brings what customers do, ``ownership`` what staff do; both end here, so that there is one way in
which a conversation changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.case_room import begin_case, move_to_account, step_case
from bot.linking import ask_second_factor, ask_which, try_code
from bot.lobby_room import (
    Facts,
    Run,
    call_person,
    input_step,
    leave_the_line,
    offered,
    owned_by_people,
    reset,
    set_owner,
    step_lobby,
)
from bot.lobby_state import LobbyResult, Outcome
from bot.settled import is_heard_all_the_same, is_settled_elsewhere, settled_prompt, was_settled_meanwhile
from bot.talk import Talk
from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import Owner
from dialogs.conversation.people import reply_words
from dialogs.conversation.prompts import Phrase
from dialogs.conversation.state import apply, from_json, to_json
from dialogs.conversation.steps import Leave
from storage import accounts, audit, cases, conversations, link_codes
from storage.accounts import Account
from storage.case_status import ANSWERABLE
from storage.cases import Case, CaseStatus
from storage.conversations import Conversation

#: Where a case may be answered and the customer has been told of it.
_WITH_CUSTOMER = ANSWERABLE - {CaseStatus.SELECTED, CaseStatus.ANNOUNCED}


def apply_input(talk: Talk, conversation: Conversation, what: inp.Input) -> None:
    """One input of a customer or of staff to one locked conversation."""
    if conversation.kind == "lobby":
        if not owned_by_people(talk, conversation, what):
            run_lobby(talk, conversation, input_step(talk, what))
    elif isinstance(what, (inp.HandedBack, inp.NobodyCame)):
        _handed_back(talk, conversation, what)
    elif _by_customer(what) and _must_prove(talk, conversation):
        _verify_again(talk, conversation)
    else:
        _case(talk, conversation, what)


def apply_code(talk: Talk, conversation: Conversation, code: str) -> None:
    """A letter's code that came with a start link, or was typed in the middle of another case."""
    lobby = lobby_of_bot(talk, conversation)
    if lobby is not None:
        run_lobby(talk, lobby, lambda state, facts: try_code(state, code, facts, talk.local_now))


def person_speaks(talk: Talk, conversation: Conversation) -> bool:
    """Whether staff hold this conversation or the account's own one: they see what came, and the bot is silent."""
    lobby = talk.lobby_of(talk.account(conversation.account_id))
    return Owner.STAFF.value in (conversation.owner, lobby.owner)


def lobby_of_bot(talk: Talk, conversation: Conversation) -> Conversation | None:
    """The lobby, where the account is from now on; nothing while a person speaks."""
    if person_speaks(talk, conversation):
        return None
    account = talk.account(conversation.account_id)
    lobby = talk.lobby_of(account)
    if lobby.owner == Owner.WAITING.value:  # who can prove himself now need not wait for a person
        leave_the_line(talk, lobby)
        lobby = talk.lock(lobby.id)
    accounts.set_active_conversation(talk.conn, account.id, lobby.id)
    return lobby


def hold_elsewhere(talk: Talk, account: Account) -> None:
    """Another system of the bank has taken the chat: there a person speaks, and here nobody."""
    for conversation_id in conversations.conversations_of_account(talk.conn, account.id):
        conversation = talk.lock(conversation_id)
        if conversation.closed_at is None and conversation.owner in (Owner.BOT.value, Owner.WAITING.value):
            apply_input(talk, conversation, inp.HeldElsewhere())


def take_from_elsewhere(talk: Talk, account: Account, *, aloud: bool) -> None:
    """The chat is ours again: the bot goes on at the same question, of itself (``aloud``) or when it answers."""
    for conversation_id in conversations.conversations_of_account(talk.conn, account.id):
        conversation = talk.lock(conversation_id)
        if conversation.owner != Owner.STAFF.value or conversation.owner_staff_id is not None:
            continue
        back = inp.HandedBack(reason="external_left")
        if aloud and conversation.id == account.active_conversation_id:
            apply_input(talk, conversation, back)
        elif conversation.kind == "case":
            step_case(talk, conversation, back, aloud=False)
        else:
            set_owner(talk, conversation, Owner.BOT, back.reason)


def link_customer(talk: Talk, lobby: Conversation, customer_id: str) -> None:
    """Somebody has proved to the bank itself who he is: what is open for him is linked, and nothing more is asked."""
    account = talk.account(lobby.account_id)
    accounts.set_account_failures(talk.conn, account.id, 0, None)
    open_now = [_hold(talk, case.id) for case in cases.cases_of_customer(talk.conn, customer_id, open_only=True)]
    asked = [case for case in open_now if case.status in _WITH_CUSTOMER]
    ready = [case for case in asked if Facts(talk, account).has_form(case.id)]
    if not ready:
        _record(talk, account, "link.no_form" if asked else "link.no_case", {"customer": customer_id})
        if asked:
            call_person(talk, lobby, "no_form")
        else:
            talk.say(lobby, Phrase(key="lobby.login_no_case"))
        return
    for case in ready:
        _make_link(talk, account, lobby, case, "bank_login")
        conversation_id = conversations.conversation_of_case(talk.conn, case.id)
        if conversation_id is not None:
            conversation = move_to_account(talk, talk.lock(conversation_id), account)
            talk.save(replace(conversation, verified_at=talk.now), [])
    linked = Phrase(key="lobby.linked_by_login")
    if len(ready) > 1:
        run_lobby(talk, lobby, lambda state, facts: ask_which(state, facts, talk.local_now, linked))
    else:
        _enter(talk, account, lobby, ready[0].id, linked, *_tell_several(talk, account))


def _hold(talk: Talk, case_id: str) -> Case:
    """A case that nobody else links, moves or begins meanwhile: two accounts may prove themselves at one moment."""
    conversation_id = conversations.conversation_of_case(talk.conn, case_id)
    if conversation_id is not None:
        talk.lock(conversation_id)  # before the case, as in a turn of its own
    case = cases.lock_case(talk.conn, case_id)
    assert case is not None
    return case


def fall_to_staff(talk: Talk, conversation: Conversation) -> None:
    """A person takes over without a word of the bot: for when nothing can be said any more."""
    if conversation.owner in (Owner.WAITING.value, Owner.STAFF.value):
        return
    changed = ev.OwnerChanged(at=talk.now, owner=Owner.WAITING, epoch=conversation.epoch + 1, reason="engine_error")
    state = conversation.state
    if conversation.kind == "case":
        state = to_json(apply(from_json(conversation.state), changed))
    waiting = replace(
        conversation,
        state=state,
        owner=Owner.WAITING.value,
        owner_staff_id=None,
        epoch=changed.epoch,
        phase="staff",
        waiting_since=talk.now,
    )
    talk.save(waiting, [ev.to_json(changed)])


def _by_customer(what: inp.Input) -> bool:
    return isinstance(what, (inp.Said, inp.Chose, inp.SecretWithheld, inp.MediaSent, inp.Returned))


def _must_prove(talk: Talk, conversation: Conversation) -> bool:
    """Whether the bot could show something to who is not known any more; after the receipt it shows no value."""
    silent = conversation.owner == Owner.STAFF.value or conversation.phase == "completed"
    return not silent and was_away(talk, conversation)


def was_away(talk: Talk, conversation: Conversation) -> bool:
    """Whether the customer has been silent for so long that the second factor is due again.

    ``verified_at`` is when it was given, and moves on with every word of who was not away (``turns``).
    """
    return talk.now - (conversation.verified_at or conversation.created_at) > talk.rules.verify_after


def _to_lobby(talk: Talk, account: Account) -> Conversation:
    lobby = talk.lobby_of(account)
    accounts.set_active_conversation(talk.conn, account.id, lobby.id)
    return lobby


# A case -------------------------------------------------------------------------------------


def _handed_back(talk: Talk, conversation: Conversation, what: inp.HandedBack | inp.NobodyCame) -> None:
    """The bot goes on at the same question, which may show values: so only to who is known to be there."""
    account = talk.account(conversation.account_id)
    assert conversation.case_id is not None
    linked = _is_linked(talk, account, conversation.case_id)
    if was_settled_meanwhile(talk, conversation):
        given_back, _ = step_case(talk, conversation, what, aloud=False)
        if linked:
            talk.save(given_back, [], [settled_prompt(talk, given_back)])
        return
    # Of who was away nothing is shown, and who waits on (an answer of his calls for a person) is shown no question.
    if linked and (not was_away(talk, conversation) or conversation.state.get("handover_at") is not None):
        # The question that is asked again now is the one that a typed reply answers.
        accounts.set_active_conversation(talk.conn, account.id, conversation.id)
        if isinstance(what, inp.HandedBack):
            what = replace(what, past_due=talk.is_past_due(conversation.case_id))
        _case(talk, conversation, what)
        return
    conversation, _ = step_case(talk, conversation, what, aloud=False)
    if linked and isinstance(what, inp.NobodyCame):
        talk.say(conversation, Phrase(key="handover.nobody_came"), reply_words(talk.staffing, conversation.locale))
    elif linked and isinstance(what, inp.HandedBack) and what.staff_id is not None:
        # Otherwise it is asked when he writes: the clock handed back, and perhaps nobody is there.
        _verify_again(talk, conversation)


def _case(talk: Talk, conversation: Conversation, what: inp.Input) -> None:
    if is_settled_elsewhere(talk, conversation) and not is_heard_all_the_same(conversation, what):
        talk.save(conversation, [], [settled_prompt(talk, conversation)])
        return
    was_complete = conversation.phase == "completed"
    conversation, step = step_case(talk, conversation, what)
    account = talk.account(conversation.account_id)
    for leave in step.leaves:
        if leave is Leave.UNLINK:
            _unlink(talk, account)
        else:
            _switch(talk, account, conversation)
    if step.state.completed and not was_complete and Facts(talk, account).open_cases():
        _which(talk, account)


def _switch(talk: Talk, account: Account, conversation: Conversation) -> None:
    if len(Facts(talk, account).open_cases()) > 1:
        _which(talk, account)
        return
    conversation = talk.say(conversation, Phrase(key="lobby.only_one_case"))
    step_case(talk, conversation, inp.Returned())


def _which(talk: Talk, account: Account) -> None:
    lobby = _to_lobby(talk, account)
    run_lobby(talk, lobby, lambda state, facts: ask_which(state, facts, talk.local_now))


def _verify_again(talk: Talk, conversation: Conversation) -> None:
    account = talk.account(conversation.account_id)
    assert conversation.case_id is not None
    if len(Facts(talk, account).open_cases()) > 1:
        _which(talk, account)
        return
    case_id = conversation.case_id
    lobby = _to_lobby(talk, account)
    run_lobby(talk, lobby, lambda state, facts: ask_second_factor(state, offered(talk, case_id), facts, talk.local_now))


# The lobby and its outcomes --------------------------------------------------------------------


def run_lobby(talk: Talk, lobby: Conversation, run: Run) -> None:
    """A step of the lobby, and what follows from it."""
    result = step_lobby(talk, lobby, run)
    account = talk.account(lobby.account_id)
    lobby = talk.lock(lobby.id)
    match result:
        case LobbyResult(outcome=Outcome.LINK, case_id=str(case_id), code_id=str(code_id)):
            _link(talk, account, lobby, case_id, code_id)
        case LobbyResult(outcome=Outcome.ENTER, case_id=str(case_id)) if _is_linked(talk, account, case_id):
            accounts.set_account_failures(talk.conn, account.id, 0, None)
            _enter(talk, account, lobby, case_id, Phrase(key="lobby.linked"))
        case LobbyResult(outcome=Outcome.ENTER):
            # The link ended while the second factor was asked.
            reset(talk, lobby, Phrase(key="lobby.moved_to_other_account"))
        case LobbyResult(outcome=Outcome.VERIFY, case_id=str(case_id)):
            _choose(talk, account, lobby, case_id)
        case LobbyResult(outcome=Outcome.UNLINK):
            _unlink(talk, account)
        case LobbyResult(outcome=Outcome.STAFF, reason=reason, says=says):
            call_person(talk, lobby, reason, says)


def _link(talk: Talk, account: Account, lobby: Conversation, case_id: str, code_id: str) -> None:
    case = _hold(talk, case_id)
    # Between the code and the second factor may lie any time: both are looked at again.
    if case.status not in ANSWERABLE or not _use(talk, code_id):
        talk.say(lobby, Phrase(key="lobby.code_refused"))
        return
    accounts.set_account_failures(talk.conn, account.id, 0, None)
    _make_link(talk, account, lobby, case, "letter")
    _enter(talk, account, lobby, case_id, Phrase(key="lobby.linked"), *_tell_several(talk, account))


def _make_link(talk: Talk, account: Account, lobby: Conversation, case: Case, way: str) -> None:
    for link in accounts.links_of_case(talk.conn, case.id, live_only=True):
        if link.account_id != account.id:
            _tell_moved(talk, link.account_id, case.id)
    accounts.make_link(talk.conn, talk.uni, account.id, case.customer_id, case.id)
    talk.move_case(case.id, CaseStatus.LINKED, "linked", lobby.id)
    _record(talk, account, "link.made", {"case": case.id}, channel=account.channel, way=way)


def _tell_several(talk: Talk, account: Account) -> tuple[Phrase, ...]:
    """Whoever answers for several letters is told once how to get from one to the other."""
    return (Phrase(key="lobby.several_cases"),) if len(Facts(talk, account).open_cases()) > 1 else ()


def _use(talk: Talk, code_id: str) -> bool:
    return link_codes.use_link_code(talk.conn, talk.uni, code_id, on=talk.local_now.date())


def _tell_moved(talk: Talk, account_id: str, case_id: str) -> None:
    account = talk.account(account_id)
    lobby = talk.lobby_of(account)
    reply = talk.reply
    talk.begin_reply(None)  # the right to a free answer belongs to the account that wrote
    talk.say(lobby, Phrase(key="lobby.moved_to_other_account"))
    talk.begin_reply(reply)
    # Who is busy with another case stays there.
    if account.active_conversation_id == conversations.conversation_of_case(talk.conn, case_id):
        accounts.set_active_conversation(talk.conn, account.id, lobby.id)


def _is_linked(talk: Talk, account: Account, case_id: str) -> bool:
    return any(link.case_id == case_id for link in accounts.live_links(talk.conn, account.id))


def _choose(talk: Talk, account: Account, lobby: Conversation, case_id: str) -> None:
    """A case was chosen: enter it, after the second factor where the customer was away from it."""
    if _is_known(talk, account, case_id):
        _enter(talk, account, lobby, case_id)
        return
    case = offered(talk, case_id)
    run_lobby(talk, lobby, lambda state, facts: ask_second_factor(state, case, facts, talk.local_now))


def _is_known(talk: Talk, account: Account, case_id: str) -> bool:
    """Whether the customer has lately been in the case, or linked it without going in yet."""
    conversation_id = conversations.conversation_of_case(talk.conn, case_id)
    if conversation_id is not None:
        return not was_away(talk, talk.lock(conversation_id))
    links = [link for link in accounts.live_links(talk.conn, account.id) if link.case_id == case_id]
    return any(talk.now - link.linked_at <= talk.rules.verify_after for link in links)


def _enter(talk: Talk, account: Account, lobby: Conversation, case_id: str, *confirmed: Phrase) -> None:
    """Open or take up the case's conversation; ``confirmed`` says to who has just proved himself that he has."""
    conversation_id = conversations.conversation_of_case(talk.conn, case_id)
    what: inp.Input = inp.Returned()
    if conversation_id is None:
        conversation, what = begin_case(talk, account, case_id, lobby.locale), inp.Began()
    else:
        conversation = move_to_account(talk, talk.lock(conversation_id), account)
    accounts.set_active_conversation(talk.conn, account.id, conversation.id)
    if confirmed:
        # Said in the case's conversation, so that it stands before the question for certain.
        conversation = talk.say(replace(conversation, verified_at=talk.now), *confirmed)
    _case(talk, conversation, what)


def _unlink(talk: Talk, account: Account) -> None:
    for link in accounts.live_links(talk.conn, account.id):
        accounts.end_link(talk.conn, talk.uni, link.id, "customer")
        conversation_id = conversations.conversation_of_case(talk.conn, link.case_id)
        conversation = None if conversation_id is None else talk.lock(conversation_id)
        if conversation is not None and conversation.owner != Owner.BOT.value:
            # Nobody is there any more to whom a person could speak.
            step_case(talk, conversation, inp.HandedBack(), aloud=False)
        _record(talk, account, "link.ended", {"case": link.case_id}, reason="customer")
    reset(talk, _to_lobby(talk, account), Phrase(key="lobby.unlinked"))


def _record(talk: Talk, account: Account, action: str, subjects: Mapping[str, str], **detail: str) -> None:
    audit.record(
        talk.conn,
        talk.uni,
        action,
        actor_kind="customer",
        actor_id=account.id,
        subjects=subjects,
        detail=detail,
    )
