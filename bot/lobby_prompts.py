"""How each step of the lobby is asked: its words, its buttons and its ways out."""

from __future__ import annotations

from datetime import date

from bot.lobby_state import LobbyFacts, LobbyState, LobbyStep
from dialogs.conversation.asking import STAFF, VERIFY, other_voices
from dialogs.conversation.picking_days import birth_days
from dialogs.conversation.prompts import BANK_LOGIN, Button, InputHint, MessageKind, PageLink, Phrase, Piece, Prompt

#: Beside the letter's code: who logs in at the bank need not type it.
_LOG_IN = PageLink(
    page=BANK_LOGIN,
    label=Phrase(key="button.bank_login"),
    words=Phrase(key="lobby.or_log_in"),
    otherwise=Phrase(key="lobby.no_login_now"),
)


def step_prompt(state: LobbyState, facts: LobbyFacts, token: str, lead: tuple[Piece, ...], today: date) -> Prompt:
    """What the present step waits for; a step that waits for nothing has none."""
    buttons: list[Button] = []
    links: tuple[PageLink, ...] = ()
    voices: tuple[Button, ...] = ()
    hint, days = InputHint.NONE, None
    match state.step:
        case LobbyStep.CODE:
            asked, hint = Phrase(key="lobby.ask_code"), InputHint.TEXT
            links = (_LOG_IN,) if facts.can_log_in() else ()
            # Who cannot read this sees here how to be spoken to otherwise.
            voices = other_voices(state.locale)
        case LobbyStep.CHECK_NUMBER:
            asked = Phrase(key="lobby.check_number", params={"check_number": state.check_number})
            buttons = [
                Button(option="same", label=Phrase(key="button.same_number")),
                Button(option="other", label=Phrase(key="button.other_number")),
                Button(option="noletter", label=Phrase(key="button.no_letter")),
            ]
        case LobbyStep.BIRTH_DATE:
            key = "lobby.ask_established_on" if state.is_corporate else "lobby.ask_birth_date"
            asked, hint, days = Phrase(key=key), InputHint.DATE, birth_days(today)
        case LobbyStep.PHONE_TAIL:
            asked, hint = Phrase(key="lobby.ask_phone_tail"), InputHint.PHONE
        case LobbyStep.WHICH:
            asked = Phrase(key="lobby.which_case")
            buttons = _cases(facts)
        case _:
            raise ValueError(f"nothing is asked at {state.step}")
    return Prompt(
        kind=MessageKind.QUESTION,
        pieces=(*lead, asked),
        buttons=tuple(buttons),
        shortcuts=(STAFF, VERIFY, *voices),
        links=links,
        token=token,
        hint=hint,
        days=days,
        alt=Phrase(key="alt.question"),
    )


def _cases(facts: LobbyFacts) -> list[Button]:
    return [
        Button(
            option=f"case{index}",
            label=Phrase(
                key="button.case_corporate" if case.is_corporate else "button.case_individual",
                params={"check_number": case.check_number},
            ),
        )
        for index, case in enumerate(facts.open_cases())
    ]
