"""What is said before a form begins and outside it: how an account is linked, campaigns, settled cases, staff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from babel.dates import format_date

from bot import linking
from bot.gallery.posing import NIGHT, NOW, OFFICE, Said, first, heard, last, with_buttons
from bot.lobby_state import LobbyResult, LobbyState, LobbyStep, OfferedCase
from bot.outreach.inviting import invitation
from bot.outreach.ladder import TEXTS
from bot.talk import notice
from bot.waiting_line import OfficeStaffing
from dialogs.conversation import inputs as inp
from dialogs.conversation.asking import RESUME, STAFF
from dialogs.conversation.people import waiting_words
from dialogs.conversation.prompts import Phrase, Prompt
from dialogs.conversation.wording import Voice
from dialogs.faq.matcher import Action, Match, Reason
from locales import language_of

_CASE = OfferedCase(case_id="case", check_number="4821", is_corporate=False, code_id="code")
_OTHER = OfferedCase(case_id="other", check_number="7350", is_corporate=True)
_CODE = "ABCD2345EFGH"
#: Said by itself, with no buttons: the service tells what it has done.
_NOTICES = (
    *("lobby.linked", "lobby.linked_by_login", "lobby.login_no_case", "lobby.moved_to_other_account"),
    *("lobby.only_one_case", "lobby.unlinked", "engine.edited", "promise.reminder"),
)
_PLACES = ("handover.next_minutes", "handover.place", "handover.place_minutes")


@dataclass(frozen=True, kw_only=True)
class _Facts:
    """What the lobby would have looked up."""

    login: bool = False
    locked: bool = False
    fits: bool = True
    linked: bool = True
    there: bool = False
    cases: tuple[OfferedCase, ...] = (_CASE, _OTHER)
    code: OfferedCase | None = _CASE

    def is_locked(self) -> bool:
        return self.locked

    def can_log_in(self) -> bool:
        return self.login

    def usable_code(self, code: str) -> OfferedCase | None:
        return self.code

    def own_code(self, code: str) -> OfferedCase | None:
        return None

    def is_linked(self) -> bool:
        return self.linked

    def count_failure(self, code_id: str | None) -> bool:
        return self.locked

    def are_staff_there(self) -> bool:
        return self.there

    def birth_date_fits(self, case_id: str, value: date) -> bool:
        return self.fits

    def phone_tail_fits(self, case_id: str, digits: str) -> bool:
        return self.fits

    def open_cases(self) -> Sequence[OfferedCase]:
        return self.cases


def entrance(voice: Voice) -> Iterator[Said]:
    """How an account is linked, step by step."""
    yield from _steps(voice)
    yield from _refusals(voice)
    yield from _wishes(voice)


class _Lobby:
    """The lobby in one voice."""

    def __init__(self, voice: Voice) -> None:
        self.locale = voice.locale

    def state(self, step: LobbyStep = LobbyStep.CODE, **more: object) -> LobbyState:
        state = LobbyState(step=step, locale=self.locale, greeted=True, case_id="case", check_number="4821")
        return replace(state, tokens=("l1",), asked=1, **more)  # type: ignore[arg-type]

    def do(self, what: inp.Input, state: LobbyState | None = None, facts: _Facts | None = None) -> LobbyResult:
        return linking.lobby_step(state or self.state(), what, facts or _Facts(), NOW)

    def type(
        self, text: str, state: LobbyState | None = None, facts: _Facts | None = None, match: Match | None = None
    ) -> tuple[Prompt, ...]:
        reading = heard(text, self.locale) if match is None else heard(text, self.locale, match, is_question=True)
        return self.do(inp.Said(reading=reading, content_id="c1"), state, facts).says

    def tap(self, option: str, state: LobbyState | None = None, facts: _Facts | None = None) -> tuple[Prompt, ...]:
        return self.do(inp.Chose(token="l1", option=option), state, facts).says  # noqa: S106


def _steps(voice: Voice) -> Iterator[Said]:
    lobby = _Lobby(voice)
    fresh = LobbyState(locale=voice.locale)
    yield Said("lobby.welcome", first(lobby.do(inp.Began(), fresh).says))
    yield Said("lobby.ask_code", last(lobby.do(inp.Began(), fresh).says))
    for key in ("lobby.or_log_in", "lobby.no_login_now"):
        yield Said(key, last(lobby.do(inp.Began(), fresh, _Facts(login=True)).says))
    yield Said("lobby.check_number", last(lobby.type(_CODE)))
    check = lobby.state(LobbyStep.CHECK_NUMBER)
    yield Said("lobby.ask_birth_date", last(lobby.tap("same", check)))
    yield Said("lobby.ask_established_on", last(lobby.tap("same", replace(check, is_corporate=True))))
    yield Said("lobby.other_number", last(lobby.tap("other", check)))
    yield Said("lobby.no_letter", last(lobby.tap("noletter", check)))
    yield Said("lobby.ask_phone_tail", last(lobby.type("1964-10-10", lobby.state(LobbyStep.BIRTH_DATE))))
    yield Said("lobby.which_case", last(linking.ask_which(lobby.state(), _Facts(), NOW).says))
    again = linking.ask_second_factor(lobby.state(), _CASE, _Facts(), NOW).says
    yield Said("lobby.verify_again", last(again))


def _refusals(voice: Voice) -> Iterator[Said]:
    lobby = _Lobby(voice)
    tail = lobby.state(LobbyStep.PHONE_TAIL)
    yield Said("lobby.code_refused", last(lobby.type(_CODE, facts=_Facts(code=None))))
    yield Said("lobby.factor_refused", last(lobby.type("1234", tail, _Facts(fits=False))))
    yield Said("lobby.locked", last(lobby.type(_CODE, facts=_Facts(locked=True))))
    yield Said("lobby.four_digits", last(lobby.type("123", tail)))
    yield Said("lobby.choose_button", last(lobby.type("見本", lobby.state(LobbyStep.CHECK_NUMBER))))
    third = lobby.state(LobbyStep.PHONE_TAIL, failures=2)
    yield Said("lobby.person_helps", first(lobby.type("123", third, _Facts(there=True))))
    yield Said("lobby.offer_person", last(lobby.type("123", third)))
    for reason, key in (("early", "lobby.login_early"), ("unknown", "lobby.login_refused")):
        refused = linking.refuse_login(lobby.state(), reason, False, _Facts(login=True), NOW)
        yield Said(key, last(refused.says))


def _wishes(voice: Voice) -> Iterator[Said]:
    lobby = _Lobby(voice)
    command = "language_easy" if voice.locale == "ja_easy" else f"language_{voice.locale}"
    yield Said("lobby.language_changed", first(lobby.tap(command)))
    yield Said("lobby.nothing_to_unlink", first(lobby.type("/unlink", facts=_Facts(linked=False))))
    yield Said("lobby.welcome_back", last(lobby.do(inp.Returned(after_blocking=True)).says))
    danger = Match(action=Action.STAFF, ranked=(), version="", reason=Reason.DANGER)
    yield Said("lobby.danger", first(lobby.type("見本", match=danger)))


def notices(voice: Voice) -> Iterator[Said]:
    """What the service says by itself."""
    for key in _NOTICES:
        yield Said(key, notice(Phrase(key=key)))
    yield Said("lobby.several_cases", notice(Phrase(key="lobby.linked"), Phrase(key="lobby.several_cases")))
    for key in ("lobby.case_answered", "lobby.case_closed"):
        yield Said(key, with_buttons(notice(Phrase(key=key)), STAFF))
    yield Said("lobby.login_refused_in_case", notice(Phrase(key="lobby.login_refused")))
    params = {"ahead": "2", "minutes": "10"}
    for key in _PLACES:
        pieces = (Phrase(key="handover.waiting"), Phrase(key=key, params=params))
        yield Said(key, with_buttons(notice(*pieces), RESUME))
    closed = waiting_words(OfficeStaffing(OFFICE, NIGHT), voice.locale)
    yield Said("lobby.closed", with_buttons(notice(*closed), RESUME))


def campaign(voice: Voice) -> Iterator[Said]:
    """The messages of a ladder."""
    for text in TEXTS:
        yield Said(f"outreach.{text}", invitation(text, _answer_by(voice)))


def notification(voice: Voice) -> str:
    """What LINE shows to a telephone number that has no account with the bank."""
    return voice.catalogue.text("outreach.notification", **voice.facts, answer_by=_answer_by(voice))


def _answer_by(voice: Voice) -> str:
    return format_date(NOW.date() + timedelta(days=21), "long", language_of(voice.locale))


def staff_words(voice: Voice) -> tuple[str, str]:
    """How a member of staff without a name for customers comes in: the name, and the sentence."""
    words = voice.catalogue
    name = words.text("handover.staff_name")
    return name, words.text("handover.joined", staff_name=name)
