"""What differs between two versions of a form, by what it means for an answer that was given in the older one.

Promise: whatever may make an answer worth less, or the asking otherwise, is named; two versions between which
nothing is found differ in nothing that a customer meets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter
from types import MappingProxyType
from typing import Any

from dialogs.definition.model import Choice, Group, Question, Questionnaire


class ChangeKind(StrEnum):
    """The classes of changes, for each of which a version says what is to happen to open conversations."""

    #: Asked in other words or at another place; what was said means the same.
    WORDING = "wording"
    #: A question or a choice that there was not.
    ADDITION = "addition"
    #: Asked or taken under another rule, or a choice is gone: what was said may not do any more.
    NARROWING = "narrowing"
    #: A question that is asked no more.
    REMOVAL = "removal"
    #: Another type, reader or repeat: what was said says nothing here.
    TYPE = "type"


class Policy(StrEnum):
    """What becomes of an open conversation that a change touches."""

    #: It stays on its version to the end.
    KEEP = "keep"
    #: It goes on in the new version; an answer that still fits stays.
    CARRY = "carry"
    #: It goes on in the new version; what is touched is asked again, the answer given before offered.
    ASK = "ask"
    #: It begins again in the new version; every answer given before is offered.
    RESTART = "restart"


Policies = Mapping[ChangeKind, Policy]

#: Where a version says nothing: nobody is asked without a need, and nothing is taken for what it does not say.
DEFAULT_POLICIES: Policies = MappingProxyType(
    {
        ChangeKind.WORDING: Policy.CARRY,
        ChangeKind.ADDITION: Policy.CARRY,
        ChangeKind.NARROWING: Policy.CARRY,
        ChangeKind.REMOVAL: Policy.CARRY,
        ChangeKind.TYPE: Policy.ASK,
    }
)
#: What is gone cannot be asked again, and an answer of another type cannot be carried over.
IMPOSSIBLE = frozenset({(ChangeKind.REMOVAL, Policy.ASK), (ChangeKind.TYPE, Policy.CARRY)})


@dataclass(frozen=True)
class Change:
    """One way in which one question (or group) is otherwise."""

    kind: ChangeKind
    #: Of the question or the group; empty for the form itself.
    name: str
    #: What of it, as a file names it; empty where all of it is new or gone.
    columns: tuple[str, ...] = ()


_WORDING = (
    "label", "hint", "required_message", "constraint_message", "default", "bot.button", "bot.check_message",
    "bot.example", "bot.why", "bot.faq", "bot.confirm", "bot.compare", "bot.prefill", "bot.kyc_item",
)  # fmt: skip
_RULES = (
    "required", "relevant", "groups", "constraint", "calculation", "choice_filter", "bot.decline", "bot.sensitive",
    "bot.handover", "bot.end", "bot.proxy", "bot.check",
)  # fmt: skip
_TYPES = ("type", "bot.kind", "read_only")
_GROUP_RULES = ("relevant", "max_repeats", "repeat_count")


def policies_of(form: Questionnaire) -> Policies:
    """What is to happen to the conversations that go over to this version, as it says itself."""
    own = {ChangeKind(kind): Policy(policy) for kind, policy in form.upgrade.items()}
    return {**DEFAULT_POLICIES, **own}


def changes_between(old: Questionnaire, new: Questionnaire) -> tuple[Change, ...]:
    """All changes, in the order of the new form; what is gone comes last."""
    return tuple(_changes(old, new))


def _changes(old: Questionnaire, new: Questionnaire) -> Iterator[Change]:
    if title := _differing(old, new, ("title", "default_language")):
        yield Change(ChangeKind.WORDING, "", title)
    before = _predecessors(old, new)
    after = _predecessors(new, old)
    for question in new.questions:
        known = old.by_name.get(question.name)
        if known is None:
            yield Change(ChangeKind.ADDITION, question.name)
            continue
        moved = () if before[question.name] == after[question.name] else ("order",)
        yield from _of_question(old, new, known, question, moved)
    for group in new.groups.values():
        yield from _of_group(old.groups.get(group.name), group)
    yield from (Change(ChangeKind.REMOVAL, one.name) for one in old.questions if one.name not in new.by_name)
    gone = (group for group in old.groups.values() if group.name not in new.groups)
    yield from (Change(ChangeKind.REMOVAL, group.name) for group in gone)


def _predecessors(form: Questionnaire, other: Questionnaire) -> Mapping[str, str]:
    """What stands before each question, among those that are in both forms."""
    common = ["", *(question.name for question in form.questions if question.name in other.by_name)]
    return {name: earlier for earlier, name in pairwise(common)}


def _of_question(
    old: Questionnaire, new: Questionnaire, before: Question, after: Question, moved: tuple[str, ...]
) -> Iterator[Change]:
    added, gone, ruled, worded = _of_choices(_choices(old, before), _choices(new, after))
    types = (*_differing(before, after, _TYPES), *(() if _repeat(old, before) == _repeat(new, after) else ("repeat",)))
    rules = (*_differing(before, after, _RULES), *(f"choices/{name}" for name in (*gone, *ruled)))
    wording = (*moved, *_differing(before, after, _WORDING), *(f"choices/{name}" for name in worded))
    for kind, columns in (
        (ChangeKind.TYPE, types),
        (ChangeKind.NARROWING, rules),
        (ChangeKind.ADDITION, tuple(f"choices/{name}" for name in added)),
        (ChangeKind.WORDING, wording),
    ):
        if columns:
            yield Change(kind, after.name, columns)


def _of_group(before: Group | None, after: Group) -> Iterator[Change]:
    if before is None:
        yield Change(ChangeKind.ADDITION, after.name)
        return
    if before.is_repeat != after.is_repeat:
        yield Change(ChangeKind.TYPE, after.name, ("type",))
    if rules := _differing(before, after, _GROUP_RULES):
        yield Change(ChangeKind.NARROWING, after.name, rules)
    if before.label != after.label:
        yield Change(ChangeKind.WORDING, after.name, ("label",))


def _repeat(form: Questionnaire, question: Question) -> str:
    """The repeat around a question: its answers are kept by the instance."""
    group = form.repeats.get(question.name)
    return "" if group is None else group.name


def _choices(form: Questionnaire, question: Question) -> dict[str, Choice]:
    return {choice.name: choice for choice in form.choices.get(question.list_name or "", ())}


def _of_choices(
    before: Mapping[str, Choice], after: Mapping[str, Choice]
) -> tuple[list[str], list[str], list[str], list[str]]:
    """The choices that came, went, follow another rule (a filter or a band), and are put otherwise."""
    both = [name for name in after if name in before]
    ruled = [name for name in both if before[name].extra != after[name].extra]
    places = {name: place for place, name in enumerate(name for name in before if name in after)}
    worded = [
        name
        for place, name in enumerate(both)
        if places[name] != place or _differing(before[name], after[name], ("label", "button"))
    ]
    return [name for name in after if name not in before], [name for name in before if name not in after], ruled, worded


def _differing(before: Any, after: Any, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(name for name in names if attrgetter(name)(before) != attrgetter(name)(after))
