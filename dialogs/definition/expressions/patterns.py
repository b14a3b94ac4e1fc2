"""Regular expressions that take linear time whatever the customer types.

The tree of ``pattern_syntax`` becomes a graph of states, and a text is matched by keeping the set
of states it can be in: no backtracking, so no pattern and no reply can make the bot hang.
A pattern matches the whole text, as ODK's ``regex`` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialogs.definition.expressions.pattern_syntax import (
    Chain,
    Edge,
    Either,
    One,
    Part,
    PatternError,
    Repeat,
    Test,
    read_pattern,
)

#: Bounds of the graph and of the text that it is tried on.
MAX_STATES = 2_000
MAX_TEXT = 4_000
_MAX_BUILD_STEPS = 20_000
_MAX_REMEMBERED = 2_000


@dataclass(slots=True)
class _State:
    """A test that consumes one character, or a fork, which may be barred to one edge of the text."""

    test: Test | None = None
    edge: Edge | None = None
    to: tuple[int, ...] = ()


class Pattern:
    """A compiled pattern; ``matches`` looks at every character once."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._states: list[_State] = [_State()]
        self._steps = 0
        self._accept = 0
        self._start = self._build(read_pattern(source), self._accept)
        self._remembered: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def matches(self, text: str) -> bool:
        """Whether the whole text matches; a text beyond the bound never does."""
        if len(text) > MAX_TEXT:
            return False
        current = self._closure({self._start}, at_start=True)
        for character in text:
            key = (current, character)
            following = self._remembered.get(key)
            if following is None:
                following = self._step(current, character)
                if len(self._remembered) >= _MAX_REMEMBERED:
                    self._remembered.clear()
                self._remembered[key] = following
            if not following:
                return False
            current = following
        return self._accept in self._closure(set(current), at_start=not text, at_end=True)

    def _step(self, current: frozenset[int], character: str) -> frozenset[int]:
        reached: set[int] = set()
        for index in current:
            state = self._states[index]
            if state.test is not None and state.test(character):
                reached.update(state.to)
        return self._closure(reached)

    def _closure(self, seeds: set[int], *, at_start: bool = False, at_end: bool = False) -> frozenset[int]:
        """All states reached without consuming; those that wait for an edge stay in the set."""
        seen: set[int] = set()
        waiting = list(seeds)
        while waiting:
            index = waiting.pop()
            if index in seen:
                continue
            seen.add(index)
            state = self._states[index]
            barred = state.edge is not None and not (at_end if state.edge.at_end else at_start)
            if state.test is None and not barred:
                waiting.extend(state.to)
        return frozenset(seen)

    def _new(self, state: _State) -> int:
        if len(self._states) >= MAX_STATES:
            raise PatternError(self.source[:20])
        self._states.append(state)
        return len(self._states) - 1

    def _build(self, part: Part, following: int) -> int:
        """The state where ``part`` begins, when ``following`` comes after it."""
        self._steps += 1
        if self._steps > _MAX_BUILD_STEPS:
            raise PatternError(self.source[:20])
        match part:
            case One(test=test):
                return self._new(_State(test=test, to=(following,)))
            case Edge():
                return self._new(_State(edge=part, to=(following,)))
            case Chain(parts=parts):
                for each in reversed(parts):
                    following = self._build(each, following)
                return following
            case Either(branches=branches):
                return self._new(_State(to=tuple(self._build(branch, following) for branch in branches)))
            case Repeat():
                return self._build_repeat(part, following)

    def _build_repeat(self, repeat: Repeat, following: int) -> int:
        if repeat.most is None:
            entry = self._new(_State())
            self._states[entry].to = (self._build(repeat.part, entry), following)
        else:
            entry = following
            for _ in range(repeat.most - repeat.least):
                entry = self._new(_State(to=(self._build(repeat.part, entry), following)))
        for _ in range(repeat.least):
            entry = self._build(repeat.part, entry)
        return entry
