"""Where in the questionnaire a conversation stands, computed from the answers each time.

The current question is the first relevant one without a valid answer, unless one is being
corrected.  Nothing here is stored: going back, correcting, staff entry and a changed questionnaire
are therefore one mechanism.

Each thing is worked out when it is first asked for, and after a further answer again only where that answer is
read (``plan.Plan.touched``): what comes out is what working it all out from nothing would give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dialogs.conversation.conditions import Conditions
from dialogs.conversation.events import Key
from dialogs.conversation.plan import Outline, Part, Repeat, Section, Slot, differing, forget
from dialogs.conversation.state import State
from dialogs.records import kept

__all__ = ["Position", "Slot"]


class Position(Conditions):
    """The form seen through one state at one moment; ``after`` gives the one after an event."""

    def after(self, state: State) -> Position:
        """The form through a later state."""
        later = object.__new__(Position)
        later.__dict__ = {name: dict(found) if type(found) is dict else found for name, found in self.__dict__.items()}
        later.move(state)
        return later

    def move(self, state: State) -> None:
        """Go on to a later state; what was found out stays where no answer that it depends on has changed."""
        before, self.state = self.state, state
        answers = state.answers
        if (
            state.master is not before.master
            or state.locale != before.locale
            or state.sensitive_allowed is not before.sensitive_allowed
        ):
            self.__dict__ = Position(self.definition, state, self.now).__dict__
        elif answers is not before.answers:
            # Of a form without conditions hardly anything is found out that an answer can change.
            if self.plan.outline is None or self._settled or self._calculated or self.known:
                self._forget(differing(before.answers, answers))
        elif state.correcting == before.correcting and state.notes_shown is before.notes_shown:
            return
        self.__dict__.pop("here", None)

    def _forget(self, keys: Iterable[Key]) -> None:
        """Let go of what depends on the answers at these keys."""
        plan = self.plan
        for name in {key.question for key in keys}:
            touched = plan.touched(name)
            forget(self._relevant, touched)
            forget(self._calculated, touched)
            forget(self._settled, touched)
            for place in [place for place in self._groups if place[0] in touched]:
                del self._groups[place]
            if self.known:
                for one in touched:
                    self.known.pop(one, None)
            if plan.moves(name):
                self.__dict__.pop("outline", None)

    # Slots ----------------------------------------------------------------------------------

    @kept
    def outline(self) -> Outline:
        """Which places there are now, repeats unrolled as far as they reach."""
        if self.plan.outline is not None:
            return self.plan.outline
        found: list[Slot] = []
        self._collect(self.plan.parts, found)
        return self.plan.outline_of(found)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """All relevant slots in order."""
        return self.outline.slots

    def _collect(self, parts: Iterable[Part], found: list[Slot]) -> None:
        whens, known = self.plan.whens, self.known
        for part in parts:
            if isinstance(part, Slot):
                when = whens.get(part.key.question)
                value = None if when is None else known.get(when.name)
                # The groups around it have been looked at, and most conditions ask for an answer that is known by now.
                if when is None or value is None:
                    holds = self._holds(part.key, part.question)
                else:
                    holds = (value in when.codes) is when.within
                if holds:
                    found.append(part)
            elif isinstance(part, tuple):
                found += part
            elif isinstance(part, Section):
                if self._group_relevant(part.group, 0):
                    self._collect(part.parts, found)
            else:
                self._unroll(part, found)

    def _unroll(self, part: Repeat, found: list[Slot]) -> None:
        repeat, plan = part.group, self.plan
        if not self._group_relevant(repeat.name, 0):
            return
        for instance in range(1, self.instances(repeat) + 1):
            for question in part.questions:
                key = Key(question.name, instance)
                if self.is_relevant(key):
                    found.append(plan.in_repeat(key, question))
            if repeat.repeat_count is None and instance != repeat.max_repeats:
                found.append(plan.in_repeat(Key(repeat.name, instance), None, repeat))

    # The position ---------------------------------------------------------------------------

    @property
    def asked_slots(self) -> tuple[Slot, ...]:
        """The relevant slots that expect an answer of the customer."""
        return self.outline.asked

    @property
    def places(self) -> Mapping[Key, int]:
        """Where in ``asked_slots`` each key stands."""
        return self.outline.places

    def slot(self, key: Key) -> Slot | None:
        """The slot at ``key``, when it is relevant now."""
        slot = self.plan.slots.get(key.question)
        if slot is None or key.instance:
            place = self.places.get(key)
            return None if place is None else self.asked_slots[place]
        # Most of the form need not be looked at for one question.
        return slot if slot.is_asked and self.is_relevant(key) else None

    @property
    def current(self) -> Slot | None:
        """The slot to be asked now, or ``None`` when all is answered."""
        asked, here = self.outline.asked, self.here
        return asked[here] if here < len(asked) else None

    @kept
    def here(self) -> int:
        """The place of the current slot among the asked ones, behind all of them when all is answered."""
        outline, answers = self.outline, self.state.answers
        if self.state.correcting is not None:
            slot = self.slot(self.state.correcting)
            if slot is not None and not self.is_elsewhere(slot):
                return outline.places[slot.key]
        for slot in outline.asked:
            answer, fits = answers.get(slot.key), slot.fits
            if answer is None:
                return outline.places[slot.key]
            if (answer.value != "" if fits is None else answer.value in fits) or self._is_settled(slot, answer):
                continue
            return outline.places[slot.key]
        return len(outline.asked)

    @property
    def straight(self) -> bool:
        """Whether the slots before the current one are answered and no others, as where one reply follows the other."""
        # All of them are answered, or it would not be the current one: so there is no other answer.
        return self.state.correcting is None and len(self.state.answers) == self.here

    @property
    def previous(self) -> Slot | None:
        """The answered slot before the current one, for going back."""
        answers, anywhere = self.state.answers, self.state.sensitive_allowed
        for slot in reversed(self.outline.asked[: self.here]):
            if slot.key in answers and (anywhere or not self.is_elsewhere(slot)):
                return slot
        return None

    @property
    def pending_notes(self) -> tuple[Slot, ...]:
        """Notes before the current slot that have not been shown yet."""
        notes = self.outline.notes
        if not notes:
            return ()
        here, shown = self.here, self.state.notes_shown
        return tuple([slot for before, slot in notes if before <= here and slot.key not in shown])

    @property
    def progress(self) -> tuple[int, int]:
        """(number of the current question, how many follow that are not answered yet), as far as is known now."""
        slots, here = self.outline.asked, self.here
        if here == len(slots):
            return here, 0
        if self.straight:
            return here + 1, len(slots) - here - 1
        answers = self.state.answers
        # Before the current one all is settled, unless one is corrected.
        others = slots[here + 1 :] if self.state.correcting is None else slots[:here] + slots[here + 1 :]
        left = [slot for slot in others if slot.key not in answers or not self.is_settled(slot)]
        return here + 1, len(left)
