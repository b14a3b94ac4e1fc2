"""What the checker proves and what it calls wrong, held against every path of small random forms, walked one by one.

The walk knows nothing of the checker: it answers each question with each of a few values through the form as the
conversation sees it (``Position``), so a proof is compared with what customers would really be asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from hypothesis import HealthCheck, assume, event, given, settings, strategies as st

from dialogs.conversation.answers import Answer
from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.form import Position
from dialogs.conversation.plan import Slot
from dialogs.conversation.state import State
from dialogs.definition.checker import check, prove
from dialogs.definition.model import Decline, Questionnaire, QuestionType
from dialogs.definition.yaml_format import read_questionnaire

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
MOST_PATHS = 3_000
ITEM = "occupation"

CHOICES = {
    "letters": [{"name": name, "label": {"ja": label}, "kind": kind}
                for name, label, kind in (("a", "あか", "1"), ("b", "みどり", "1"), ("c", "むらさき", "2"))],
}  # fmt: skip
KINDS = ("one", "one", "many", "integer", "text", "calculate", "group", "repeat")


@st.composite
def sources(draw: st.DrawFn) -> str:
    """A form of three to five rows in which a condition reads what stands before it, often where it is not answered."""
    earlier: list[tuple[str, str]] = []
    rows: list[dict[str, object]] = []
    for number, kind in enumerate(draw(st.lists(st.sampled_from(KINDS), min_size=3, max_size=5))):
        name = f"q{number}"
        condition = draw(st.none() | _condition(earlier)) if earlier else None
        more = {"relevant": condition} if condition else {}
        if kind == "group":
            inside = _question(draw, draw(st.sampled_from(["one", "integer"])), f"{name}i", earlier)
            begin = {"type": "begin_group", "name": name, "label": {"ja": name}, **more}
            rows += [begin, inside, {"type": "end_group", "name": name}]
            earlier.append((f"{name}i", "one" if "select" in str(inside["type"]) else "integer"))
        elif kind == "repeat":
            count = draw(st.sampled_from(["1", "0", "2"] + [f"${{{n}}} - 1" for n, k in earlier if k == "integer"]))
            begin = {"type": "begin_repeat", "name": name, "label": {"ja": name}, "repeat_count": count, **more}
            inside = _question(draw, "one", f"{name}i", earlier)
            rows += [{**begin, "bot": {"max_repeats": "2"}}, inside, {"type": "end_repeat", "name": name}]
        else:
            rows.append({**_question(draw, kind, name, earlier), **more})
            earlier.append((name, kind))
    tree = {
        "settings": {"id": "f", "version": "1", "title": {"ja": "f"}, "required_items": [ITEM]},
        "survey": rows,
        "choices": CHOICES,
    }
    return json.dumps(tree, ensure_ascii=False)


def _question(draw: st.DrawFn, kind: str, name: str, earlier: list[tuple[str, str]]) -> dict[str, object]:
    types = {"one": "select_one letters", "many": "select_multiple letters"}
    row: dict[str, object] = {"type": types.get(kind, kind), "name": name, "label": {"ja": name}}
    bot: dict[str, object] = {"kyc_item": ITEM} if draw(st.booleans()) else {}
    if kind == "calculate":
        row["calculation"] = draw(_calculation(earlier))
        return {**row, "bot": bot} if bot else row
    if draw(st.integers(0, 4)):
        row["required"] = draw(_condition(earlier)) if earlier and not draw(st.integers(0, 5)) else "true()"
    if not draw(st.integers(0, 6)):
        bot["decline"] = "refuse"
    if kind == "one" and not draw(st.integers(0, 3)):
        bot["end"] = draw(st.sampled_from([". = 'c'", ". != 'a'", "true()"]))
    if kind in ("one", "many") and not draw(st.integers(0, 3)):
        row["choice_filter"] = draw(_filter(earlier))
    if not draw(st.integers(0, 3)):
        row["constraint"] = draw(_constraint(kind, earlier))
    return {**row, "bot": bot} if bot else row


def _conditions(name: str, kind: str) -> list[str]:
    own = f"${{{name}}}"
    return {
        "integer": [f"{own} > 2", f"{own} <= 2", f"{own} = 1", f"not({own} > 1)"],
        "one": [f"{own} = 'a'", f"{own} != 'a'", f"{own} = 'a' or {own} = 'b'", f"not({own} = 'c')"],
        "many": [f"selected({own}, 'a')", f"not(selected({own}, 'b'))", f"count-selected({own}) > 1"],
        "calculate": [f"{own} = 'a'", f"{own} != 'a'", f"{own} = ''"],
        "text": [f"{own} = 'x'", f"{own} != ''", f"string-length({own}) > 3", f"{own} = 2"],
    }[kind]


def _atom(earlier: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    return st.sampled_from(earlier).flatmap(lambda place: st.sampled_from(_conditions(*place)))


def _condition(earlier: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    atom = _atom(earlier)
    return st.one_of(
        atom, atom, atom.map("not({})".format), st.builds("{} and {}".format, atom, atom),
        st.builds("{} or {}".format, atom, atom),
    )  # fmt: skip


def _calculation(earlier: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    if not earlier:
        return st.sampled_from(["'a'", "''"])
    chosen = st.sampled_from(["'a'", "'b'", "''", *(f"${{{name}}}" for name, _ in earlier)])
    return chosen | st.builds("if({}, {}, {})".format, _condition(earlier), chosen, chosen)


def _filter(earlier: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    plain = st.sampled_from(["kind = '1'", "name != 'a'", "kind = '3'"])
    names = [name for name, kind in earlier if kind in ("one", "calculate")]
    if not names:
        return plain
    own = st.sampled_from(names).map("name != ${{{}}}".format)
    return plain | own | st.builds("kind = '1' or {}".format, _atom(earlier))


def _constraint(kind: str, earlier: list[tuple[str, str]]) -> st.SearchStrategy[str]:
    same = [f". != ${{{name}}}" for name, before in earlier if before == kind]
    own = {
        "one": [". != 'a'", ". = 'd'", ". = 'a' or . = 'b'"],
        "many": ["count-selected(.) > 1", "not(selected(., 'a'))", "not(selected(., 'a')) and selected(., 'a')"],
        "integer": [". > 1", ". < 1", ". > 5 and . < 2"],
        "text": ["string-length(.) > 3", ". != 'x'", "string-length(.) < 1"],
    }[kind]
    larger = [f". > ${{{name}}}" for name, before in earlier if before == kind == "integer"]
    return st.sampled_from(own + same + larger)


# Every path -----------------------------------------------------------------------------------


@dataclass
class Walk:
    form: Questionnaire
    paths: int = 0
    #: Complete paths on which nothing collected the item.
    holes: int = 0
    submissions: int = 0
    stuck: set[str] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)

    def go(self, answers: dict[Key, Answer]) -> None:
        position = self._position(answers)
        slot = position.current
        if slot is None:
            self.paths += 1
            self.submissions += 1
            self.holes += not self._collects(position)
            return
        assert slot.question is not None
        self.asked |= {slot.key.question, *slot.question.groups}
        taken = list(self._answers(position, slot))
        if not taken:
            self.stuck.add(slot.key.question)
        for answer in taken:
            assume(self.paths < MOST_PATHS)
            following = {**answers, slot.key: answer}
            end = slot.question.bot.end
            if end is not None and answer.value and self._position(following).truth(end, slot.key):
                self.paths += 1
            else:
                self.go(following)

    def _position(self, answers: dict[Key, Answer]) -> Position:
        return Position(self.form, State(answers=MappingProxyType(answers)), NOW)

    def _answers(self, position: Position, slot: Slot) -> Iterator[Answer]:
        question = slot.question
        assert question is not None
        given = [answer for answer in map(_given, _values(question.type)) if position.is_valid(slot, answer)]
        if not given and question.type is QuestionType.INTEGER:
            # The few numbers stand for all of them.
            more = (_given(str(number)) for number in range(-9, 99))
            given = [answer for answer in more if position.is_valid(slot, answer)][:1]
        yield from given
        if question.bot.decline is not Decline.NONE or not position.is_required(slot):
            yield _given("", AnswerState.DECLINED)

    def _collects(self, position: Position) -> bool:
        keys = [slot.key for slot in position.slots] + [Key(name) for name in position.plan.calculated]
        return any(position.value(key) and self.form.question(key.question).bot.kyc_item for key in keys)


def _given(value: str, state: AnswerState = AnswerState.ANSWERED) -> Answer:
    return Answer(value=value, display=value, state=state, at=NOW, locale="ja")


def _values(kind: QuestionType) -> tuple[str, ...]:
    match kind:
        case QuestionType.SELECT_ONE:
            return ("a", "b", "c")
        case QuestionType.SELECT_MULTIPLE:
            return ("a", "b", "c", "a b", "a c", "b c", "a b c")
        case QuestionType.INTEGER:
            return ("0", "1", "2", "3")
        case _:
            return ("x", "2", "y", "long")


@given(source=sources())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
def test_what_is_proved_and_what_is_wrong_is_so_on_every_path(source: str) -> None:
    form = read_questionnaire(source.encode(), origin="random.yaml")
    issues = check(form)
    proof = prove(form, issues)
    walk = Walk(form)
    walk.go({})
    found = {issue.code for issue in issues}
    event(f"ends: {proof.ends}, item: {bool(proof.items)}, submissions: {bool(walk.submissions)}")
    if proof.items:
        assert walk.holes == 0, source
    if "item_not_covered" in found and proof.ends:
        assert walk.holes > 0, source
    if proof.ends:
        assert walk.stuck == set(), source
        assert walk.submissions > 0, source
    if "no_submission" in found:
        assert walk.submissions == 0, source
    dead_ends = [issue.place.name for issue in issues if issue.code == "dead_end"]
    if dead_ends and "no_submission" not in found:
        # Behind the first one nobody gets to the others.
        assert dead_ends[0] in walk.stuck, source
    for issue in issues:
        if issue.code == "never_relevant":
            assert issue.place.name not in walk.asked, source
    assert found.isdisjoint({"cycle", "unknown_name", "used_before_asked"}), source
