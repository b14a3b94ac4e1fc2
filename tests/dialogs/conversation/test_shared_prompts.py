"""A prompt that conversations share is what would be made for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings, strategies as st

from dialogs.conversation import asking
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.lists import ListLimits
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.prompts import Button, Piece, Prompt
from dialogs.definition.model import Questionnaire
from tests.dialogs.conversation.driving import SEEDS
from tests.dialogs.conversation.machine_forms import forms
from tests.dialogs.conversation.test_machine import QUICK, with_back


@settings(QUICK, max_examples=30)
@given(forms(), st.booleans(), SEEDS)
def test_a_shared_prompt_is_what_would_be_made_anew(definition: Questionnaire, allowed: bool, seed: int) -> None:
    shared = asking.question_prompt

    def both(
        position: Position,
        slot: Slot,
        open_prompt: OpenPrompt,
        lead: Iterable[Piece],
        lists: ListLimits | None,
        extra: Sequence[Button],
    ) -> Prompt:
        said = tuple(lead)
        found = shared(position, slot, open_prompt, said, lists, extra)
        assert found == asking._question_prompt(position, slot, open_prompt, said, lists, extra)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "question_prompt", both)
        # The second customer is asked what was kept for the first.
        for again in (seed, seed, seed + 1):
            with_back(definition, allowed, again)
