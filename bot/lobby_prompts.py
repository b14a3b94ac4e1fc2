"""How each step of the lobby is asked: its words, its buttons and its ways out."""

from __future__ import annotations

from bot.lobby_state import LobbyFacts, LobbyState, LobbyStep
from dialogs.conversation.asking import STAFF, VERIFY
from dialogs.conversation.prompts import Button, InputHint, MessageKind, Phrase, Piece, Prompt


def step_prompt(state: LobbyState, facts: LobbyFacts, token: str, lead: tuple[Piece, ...]) -> Prompt:
    """What the present step waits for; a step that waits for nothing has none."""
    buttons: list[Button] = []
    hint = InputHint.NONE
    match state.step:
        case LobbyStep.CODE:
            asked, hint = Phrase(key="lobby.ask_code"), InputHint.TEXT
        case LobbyStep.CHECK_NUMBER:
            asked = Phrase(key="lobby.check_number", params={"check_number": state.check_number})
            buttons = [
                Button(option="same", label=Phrase(key="button.same_number")),
                Button(option="other", label=Phrase(key="button.other_number")),
                Button(option="noletter", label=Phrase(key="button.no_letter")),
            ]
        case LobbyStep.BIRTH_DATE:
            key = "lobby.ask_established_on" if state.is_corporate else "lobby.ask_birth_date"
            asked, hint = Phrase(key=key), InputHint.DATE
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
        shortcuts=(STAFF, VERIFY),
        token=token,
        hint=hint,
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
