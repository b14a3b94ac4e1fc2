"""The lobby: how an account proves for which customer it answers, before anything personal is shown.

    idle --code--> check number --same--> birth date --> phone tail --> linked
                        |different: stop                    |wrong: try again, five times, then locked

The letter proves that the post arrived; birth date and phone tail prove that its reader is the customer
(reference domain 5.6).  Wrong, used, expired and unknown codes get one and the same answer, so that
nobody learns who is a customer.  The bank shows its check number before it asks anything.  After a day
of silence the second factor is asked again, and with several open cases the customer says which,
by check number.

``lobby_step`` is pure but for ``LobbyFacts``, through which it looks things up in the same transaction.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from bot.check_number import about_check_number
from bot.letter_code import CODE_LENGTH, normalise_code
from bot.lobby_people import reason_to_call
from bot.lobby_state import LobbyFacts, LobbyResult, LobbyState, LobbyStep, OfferedCase, Outcome
from bot.lobby_turn import LobbyTurn
from dialogs.conversation import inputs as inp
from dialogs.conversation.asking import STAFF
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command
from dialogs.conversation.events import to_json
from dialogs.conversation.faq_replies import topic_buttons
from dialogs.conversation.moves import about_media
from dialogs.conversation.prompts import FaqText, Phrase, Piece
from dialogs.conversation.understanding import Reading
from dialogs.conversation.unmatched import none_fits, unmatched
from dialogs.faq.matcher import Action, Reason
from dialogs.japanese import fold
from dialogs.replies import READERS
from dialogs.replies.base import Problem, ReplyContext


def lobby_step(state: LobbyState, what: inp.Input, facts: LobbyFacts, now: datetime) -> LobbyResult:
    """The outcome of one input in the lobby; ``now`` is in the bank's time zone."""
    lobby = LobbyTurn(state, facts, now)
    if not state.greeted:
        lobby.state = replace(lobby.state, greeted=True)
        if state.step is LobbyStep.CODE:
            lobby.say(Phrase(key="lobby.welcome"))
    match what:
        case inp.Said():
            _said(lobby, what)
        case inp.Chose():
            _chose(lobby, what)
        case inp.SecretWithheld():
            lobby.say(Phrase(key="guard.withheld"), Phrase(key=f"guard.{what.secret}"))
            lobby.ask()
        case inp.MediaSent():
            lobby.say(about_media(what.media))
            lobby.ask()
        case inp.HandedBack():
            lobby.state = replace(lobby.state, failures=0)
            lobby.ask(Phrase(key="handover.returned"))
        case inp.Returned(after_blocking=True):
            lobby.ask(Phrase(key="engine.welcome_back"))
        case _:
            lobby.ask()
    return lobby.result()


def ask_which(state: LobbyState, facts: LobbyFacts, now: datetime, *lead: Piece) -> LobbyResult:
    """Several cases are open: which one?"""
    lobby = LobbyTurn(replace(state, greeted=True), facts, now)
    lobby.to(LobbyStep.WHICH, *lead)
    return lobby.result()


def refuse_login(state: LobbyState, reason: str, counts: bool, facts: LobbyFacts, now: datetime) -> LobbyResult:
    """A login at the bank that links nobody; where it ``counts``, like a wrong code."""
    lobby = LobbyTurn(replace(state, greeted=True), facts, now)
    lobby.audit.append(f"link.login_{reason}")
    if facts.is_locked() or (counts and facts.count_failure(None)):
        lobby.say(Phrase(key="lobby.locked"), buttons=(STAFF,))
    else:
        lobby.ask(Phrase(key="lobby.login_early" if reason == "early" else "lobby.login_refused"))
    return lobby.result()


def ask_second_factor(state: LobbyState, case: OfferedCase, facts: LobbyFacts, now: datetime) -> LobbyResult:
    """The link exists, but the customer was away: birth date and phone tail again."""
    lobby = LobbyTurn(replace(state, greeted=True), facts, now)
    _begin_factor(lobby, case, Phrase(key="lobby.verify_again"))
    return lobby.result()


def try_code(state: LobbyState, code: str, facts: LobbyFacts, now: datetime) -> LobbyResult:
    """A code that came with a start link: the same as typing it."""
    lobby = LobbyTurn(state, facts, now)
    if not state.greeted:
        lobby.state = replace(lobby.state, greeted=True)
        lobby.say(Phrase(key="lobby.welcome"))
    _code(lobby, normalise_code(code) or code[:CODE_LENGTH])
    return lobby.result()


# Replies ------------------------------------------------------------------------------------


def _said(lobby: LobbyTurn, said: inp.Said) -> None:
    reading = said.reading
    if reading.exact is not None and _command(lobby, reading.exact):
        return
    if _reply(lobby, reading):
        return
    if reading.command is not None and _command(lobby, reading.command):
        return
    state, match = lobby.state, reading.match
    event = unmatched(reading, said.content_id, at=lobby.now, locale=state.locale, asked=state.step.value)
    if match.action is Action.ANSWER:
        lobby.say(FaqText(topic=match.offered[0]))
    elif match.action is Action.OFFER:
        lobby.state = replace(state, offered=None if event is None else to_json(event))
        return lobby.say(Phrase(key="faq.offer"), buttons=(*topic_buttons(match.offered), *lobby.staff_button))
    elif match.action is Action.STAFF:
        key = "faq.danger" if match.reason is Reason.DANGER else "faq.staff"
        text = FaqText(topic=match.offered[0]) if match.offered else Phrase(key=key)
        lobby.say(text, buttons=lobby.staff_button)
    lobby.unmatched = event
    misses = 0 if match.action is Action.ANSWER else state.misses + (event is not None)
    lobby.state = replace(state, misses=misses)
    reason = reason_to_call(lobby.state, match)
    if reason:
        lobby.call(reason)
    elif event is None and match.action is Action.NONE and match.reason is not Reason.CHIT_CHAT:
        lobby.fail(*_help(lobby, reading))
    else:
        lobby.ask(*_help(lobby, reading))


def _help(lobby: LobbyTurn, reading: Reading) -> tuple[Piece, ...]:
    """Why the reply was not taken, where the step can say it."""
    match lobby.state.step:
        case LobbyStep.BIRTH_DATE if reading.match.action is Action.NONE:
            parsed = _date(lobby, reading)
            if isinstance(parsed, Problem):
                return (Phrase(key=f"problem.{parsed.code}", params=dict(parsed.params)),)
        case LobbyStep.PHONE_TAIL if reading.match.action is Action.NONE:
            return (Phrase(key="lobby.four_digits"),)
        case LobbyStep.CHECK_NUMBER | LobbyStep.WHICH if reading.match.action is Action.NONE:
            return (Phrase(key="lobby.choose_button"),)
    return ()


def _reply(lobby: LobbyTurn, reading: Reading) -> bool:
    """Try the text as the reply that the step waits for."""
    code = normalise_code(reading.text)
    if code is not None and lobby.state.step is not LobbyStep.BIRTH_DATE:
        _code(lobby, code)
        return True
    match lobby.state.step:
        case LobbyStep.CHECK_NUMBER:
            said = about_check_number(reading, lobby.state, lobby.now)
            if said is None:
                return False
            _check_number(lobby, said)
        case LobbyStep.BIRTH_DATE:
            birth = _date(lobby, reading)
            if isinstance(birth, Problem):
                return False
            assert lobby.state.case_id is not None
            fits = lobby.facts.birth_date_fits(lobby.state.case_id, birth)
            lobby.to(LobbyStep.PHONE_TAIL, birth_date_fits=fits)
        case LobbyStep.PHONE_TAIL:
            digits = "".join(ch for ch in fold(reading.text) if ch.isdecimal())
            if len(digits) != 4 or reading.is_question:
                return False
            _second_factor(lobby, digits)
        case LobbyStep.WHICH:
            digits = "".join(ch for ch in fold(reading.text) if ch.isdecimal())
            for case in lobby.facts.open_cases():
                if case.check_number == digits:
                    _enter(lobby, case)
                    return True
            return False
        case _:
            return False
    return True


def _date(lobby: LobbyTurn, reading: Reading) -> date | Problem:
    parsed = READERS["date"](reading.text, ReplyContext(today=lobby.now.date(), locale=lobby.state.locale))
    return parsed if isinstance(parsed, Problem) else date.fromisoformat(str(parsed.value))


def _code(lobby: LobbyTurn, code: str) -> None:
    if lobby.facts.is_locked():
        lobby.audit.append("link.locked_account_tried")
        lobby.say(Phrase(key="lobby.locked"), buttons=(STAFF,))
        return
    own = lobby.facts.own_code(code)
    if own is not None:  # the letter was scanned again to come back: no failed try
        return _enter(lobby, own)
    case = lobby.facts.usable_code(code)
    if case is None:
        lobby.audit.append("link.code_refused")
        if lobby.facts.count_failure(None):
            lobby.say(Phrase(key="lobby.locked"), buttons=(STAFF,))
            return
        lobby.state = replace(lobby.state, step=LobbyStep.CODE, tokens=(), code_id=None, case_id=None)
        return lobby.fail(Phrase(key="lobby.code_refused"))
    lobby.audit.append("link.code_accepted")
    lobby.to(
        LobbyStep.CHECK_NUMBER,
        code_id=case.code_id,
        case_id=case.case_id,
        check_number=case.check_number,
        is_corporate=case.is_corporate,
        birth_date_fits=False,
        failures=0,
    )


def _check_number(lobby: LobbyTurn, option: str) -> None:
    if option == "same":
        lobby.to(LobbyStep.BIRTH_DATE, failures=0)
    elif option == "other":
        lobby.audit.append("link.check_number_differs")
        lobby.state = LobbyState(
            step=LobbyStep.STOPPED, asked=lobby.state.asked, locale=lobby.state.locale, greeted=True
        )
        lobby.ask()
    else:
        lobby.say(Phrase(key="lobby.no_letter"), buttons=(STAFF,))


def _begin_factor(lobby: LobbyTurn, case: OfferedCase, lead: Piece) -> None:
    lobby.to(
        LobbyStep.BIRTH_DATE,
        lead,
        code_id=case.code_id,
        case_id=case.case_id,
        check_number=case.check_number,
        is_corporate=case.is_corporate,
        birth_date_fits=False,
        failures=0,
    )


def _second_factor(lobby: LobbyTurn, digits: str) -> None:
    state = lobby.state
    assert state.case_id is not None
    if lobby.facts.is_locked():
        return lobby.say(Phrase(key="lobby.locked"), buttons=(STAFF,))
    tail_fits = lobby.facts.phone_tail_fits(state.case_id, digits)
    if not (tail_fits and state.birth_date_fits):
        lobby.audit.append("link.second_factor_refused")
        if lobby.facts.count_failure(state.code_id):
            lobby.state = LobbyState(asked=state.asked, locale=state.locale, greeted=True)
            lobby.say(Phrase(key="lobby.locked"), buttons=(STAFF,))
            return
        lobby.state = replace(state, step=LobbyStep.BIRTH_DATE, tokens=(), birth_date_fits=False)
        return lobby.fail(Phrase(key="lobby.factor_refused"))
    lobby.outcome = Outcome.LINK if state.code_id is not None else Outcome.ENTER
    lobby.case_id, lobby.code_id = state.case_id, state.code_id
    lobby.state = LobbyState(asked=state.asked, locale=state.locale, greeted=True)


def _enter(lobby: LobbyTurn, case: OfferedCase) -> None:
    lobby.outcome, lobby.case_id = Outcome.VERIFY, case.case_id


# Commands and taps --------------------------------------------------------------------------


def _command(lobby: LobbyTurn, command: Command) -> bool:
    match command:
        case Command.STAFF:
            lobby.unmatched = none_fits(lobby.state.offered, lobby.now)
            lobby.outcome = Outcome.STAFF
        case Command.VERIFY:
            lobby.say(FaqText(topic="F08"))
            lobby.ask()
        case Command.PAPER:
            lobby.say(FaqText(topic="F13"))
            lobby.ask()
        case Command.HELP:
            lobby.say(Phrase(key="engine.help"))
            lobby.ask()
        case Command.LANGUAGE_JA | Command.LANGUAGE_EASY | Command.LANGUAGE_EN:
            lobby.state = replace(lobby.state, locale=VOICE_OF_COMMAND[command])
            lobby.say(Phrase(key="lobby.language_changed"))
            lobby.ask()
        case Command.UNLINK:
            if lobby.facts.is_linked():
                lobby.outcome = Outcome.UNLINK
            else:
                lobby.say(Phrase(key="lobby.nothing_to_unlink"))
                lobby.ask()
        case Command.SWITCH | Command.RESUME:
            cases = lobby.facts.open_cases()
            if len(cases) > 1:
                lobby.to(LobbyStep.WHICH)
            elif cases:
                _enter(lobby, cases[0])
            else:
                lobby.ask()
        case Command.BACK if lobby.state.step is LobbyStep.PHONE_TAIL:
            lobby.to(LobbyStep.BIRTH_DATE, birth_date_fits=False)
        case _:
            return False
    return True


#: Commands whose button, under a prompt or in a menu beside the chat, is never stale.
_ANYWHERE = frozenset(
    {
        Command.STAFF,
        Command.VERIFY,
        Command.RESUME,
        Command.SWITCH,
        Command.HELP,
        *VOICE_OF_COMMAND,
    }
)


def _chose(lobby: LobbyTurn, chose: inp.Chose) -> None:
    option = chose.option
    if option in _ANYWHERE:
        _command(lobby, Command(option))
    elif option.startswith("q."):
        lobby.say(FaqText(topic=option[2:]))
        lobby.ask()
    elif chose.token not in lobby.state.tokens:
        lobby.ask(Phrase(key="engine.late" if option == inp.TYPED_LATE else "engine.stale"))
    elif lobby.state.step is LobbyStep.CHECK_NUMBER and option in ("same", "other", "noletter"):
        _check_number(lobby, option)
    elif lobby.state.step is LobbyStep.WHICH and option[:4] == "case" and option[4:].isdecimal():
        cases = lobby.facts.open_cases()
        if int(option[4:]) < len(cases):
            _enter(lobby, cases[int(option[4:])])
        else:
            lobby.ask(Phrase(key="engine.stale"))
    else:
        lobby.ask()
