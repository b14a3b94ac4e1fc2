"""Checks on names: there once, known where they are read, asked before they are read, not in a circle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from dialogs.definition.cells import nearest
from dialogs.definition.checks.subject import AFTER_ANSWER, Subject, check, question_place
from dialogs.definition.expressions.syntax import Call, Name, Node, Parent, children, walk
from dialogs.definition.issues import Issue, Place


@check
def names_are_unique(subject: Subject) -> Iterator[Issue]:
    seen = set(subject.groups)
    for question in subject.questionnaire.questions:
        if question.name in seen:
            yield Issue(code="duplicate_name", place=question_place(question, "name"), params={"name": question.name})
        seen.add(question.name)


@check
def choices_are_unique(subject: Subject) -> Iterator[Issue]:
    for list_name, choices in subject.questionnaire.choices.items():
        counts = Counter(choice.name for choice in choices)
        for row, choice in enumerate(choices, 1):
            if counts[choice.name] > 1:
                place = Place(sheet="choices", row=row, name=f"{list_name}/{choice.name}", column="name")
                yield Issue(code="duplicate_choice", place=place, params={"name": choice.name, "list": list_name})
                counts[choice.name] = 0


@check
def lists_exist(subject: Subject) -> Iterator[Issue]:
    lists = subject.questionnaire.choices
    used = {q.list_name for q in subject.questionnaire.questions if q.is_select}
    for question in subject.questionnaire.questions:
        if not question.is_select or question.list_name is None:
            continue
        place, params = question_place(question, "type"), {"list": question.list_name}
        if question.list_name not in lists:
            suggestion = nearest(question.list_name, lists)
            yield Issue(code="unknown_list", place=place, params={**params, "suggestion": suggestion})
        elif not lists[question.list_name]:
            yield Issue(code="empty_list", place=place, params=params)
    for name in lists:
        if name not in used:
            yield Issue(code="unused_list", place=Place(sheet="choices", name=name), params={"list": name})


@check
def references_exist(subject: Subject) -> Iterator[Issue]:
    repeats = {name for name, group in subject.groups.items() if group.is_repeat}
    for use in subject.uses:
        unknown = use.expression.references - set(subject.questions)
        # count(${people}) counts the instances; a repeat has no other value.
        for name in sorted(unknown - (repeats - set(_read(use.expression.tree)))):
            suggestion = nearest(name, subject.questions)
            params = {"name": name, "suggestion": f"${{{suggestion}}}" if suggestion else ""}
            yield Issue(code="unknown_name", place=use.place, params=params)


def _read(node: Node) -> Iterator[str]:
    """The names whose values are read, not only counted or looked into."""
    match node:
        case Call(function="count", arguments=(Name(),)):
            return
        case Call(function="indexed-repeat", arguments=(question, Name(), number)):
            yield from (*_read(question), *_read(number))
            return
        case Name(name=name):
            yield name
    for child in children(node):
        yield from _read(child)


@check
def repeats_are_read_where_they_are(subject: Subject) -> Iterator[Issue]:
    """``position(..)`` stands in a repeat, and ``indexed-repeat`` names the repeat of its question."""
    for use in subject.uses:
        for node in walk(use.expression.tree):
            match node:
                case Call(function="position", arguments=(Parent(steps=steps),)):
                    groups = use.owner.groups
                    around = subject.groups.get(groups[-steps]) if steps <= len(groups) else None
                    if around is None or not around.is_repeat:
                        yield Issue(code="position_outside_repeat", place=use.place)
                case Call(function="indexed-repeat", arguments=(Name(name=name), Name(name=repeat), _)):
                    question = subject.questions.get(name)
                    if question is not None and repeat not in question.groups:
                        yield Issue(code="not_in_repeat", place=use.place, params={"name": name, "repeat": repeat})


@check
def bare_names_are_columns(subject: Subject) -> Iterator[Issue]:
    for use in subject.uses:
        columns: set[str] = set()
        if use.column == "choice_filter":
            list_name = getattr(use.owner, "list_name", None) or ""
            columns = {"name"}
            for choice in subject.questionnaire.choices.get(list_name, ()):
                columns |= set(choice.extra)
        for name in sorted(use.expression.columns - columns):
            if use.column == "choice_filter":
                params = {"name": name, "suggestion": nearest(name, columns)}
                yield Issue(code="unknown_column", place=use.place, params=params)
            else:
                params = {"name": name, "reference": f"${{{name}}}"}
                yield Issue(code="bare_name", place=use.place, params=params)


@check
def nothing_is_read_before_it_is_asked(subject: Subject) -> Iterator[Issue]:
    circles = {name: circle for circle in _circles(subject.dependencies) for name in circle}

    @cache
    def known_at(name: str) -> int:
        """The row after which the value can be there; a calculated one needs only what it reads."""
        question = subject.questions[name]
        if question.is_asked or name in circles:
            return question.row
        rows = [known_at(other) for other in subject.dependencies[name] if other in subject.questions]
        rows += [subject.groups[other].row for other in subject.dependencies[name] if other in subject.groups]
        return max(rows, default=0)

    for use in subject.uses:
        if use.column == "calculation":
            continue
        for name in sorted(use.expression.references & set(subject.questions)):
            same = name == use.owner.name
            if (same and use.column in AFTER_ANSWER) or use.owner.name in circles.get(name, ()):
                continue
            if known_at(name) > use.owner.row or same:
                yield Issue(code="used_before_asked", place=use.place, params={"name": name})
        for name in sorted(use.expression.references & set(subject.groups)):
            if subject.groups[name].row >= use.owner.row:
                yield Issue(code="used_before_asked", place=use.place, params={"name": name})


@check
def nothing_depends_on_itself(subject: Subject) -> Iterator[Issue]:
    for circle in _circles(subject.dependencies):
        question = subject.questions[circle[0]]
        members = " -> ".join((*circle, circle[0]))
        yield Issue(code="cycle", place=question_place(question), params={"members": members})


def has_cycle(subject: Subject) -> bool:
    """Whether paths can be followed at all."""
    return bool(_circles(subject.dependencies))


def _circles(graph: Mapping[str, frozenset[str]]) -> Sequence[tuple[str, ...]]:
    """One shortest circle for each knot of names that depend on each other, in form order."""
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        circle = _way_back(graph, start)
        if circle:
            found.append(circle)
            done.update(circle)
    return found


def _way_back(graph: Mapping[str, frozenset[str]], start: str) -> tuple[str, ...]:
    """The shortest way from a name over what it reads back to itself."""
    came_from: dict[str, str] = {}
    waiting = [start]
    for name in waiting:
        for following in sorted(graph.get(name, ())):
            if following == start:
                way = [name]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return tuple(reversed(way))
            if following not in came_from:
                came_from[following] = name
                waiting.append(following)
    return ()
