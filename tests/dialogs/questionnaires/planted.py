"""Copies of the shipped forms that can be changed in one place: a fault planted, or an honest edit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import cache
from types import ModuleType
from typing import Any

import yaml

from bot.channels.limits import LIMITS
from dialogs.definition.checker import CHECKS, CheckLimits
from dialogs.definition.checks.subject import Subject
from dialogs.definition.issues import Issue
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_questionnaire, shipped_source

Tree = dict[str, Any]
Edit = Callable[[Tree], None]

PLATFORMS = CheckLimits(
    label=min(limits.label for limits in LIMITS.values()), text=min(limits.text for limits in LIMITS.values())
)


def edited(form: str, *edits: Edit) -> Questionnaire:
    """The shipped form with these edits."""
    tree = json.loads(_shipped(form))
    for edit in edits:
        edit(tree)
    return read_questionnaire(json.dumps(tree).encode(), origin=f"{form}.yaml")


@cache
def _shipped(form: str) -> str:
    return json.dumps(yaml.load(shipped_source(form), Loader=yaml.CBaseLoader))


def issues_by(module: ModuleType, form: Questionnaire) -> list[Issue]:
    """What the checks of one module find; the proofs over all paths take their time."""
    subject = Subject(form, PLATFORMS)
    return [issue for run in CHECKS if run.__module__ == module.__name__ for issue in run(subject)]


def row(tree: Tree, name: str) -> Tree:
    (found,) = (each for each in tree["survey"] if each.get("name") == name and not each["type"].startswith("end_"))
    return found  # type: ignore[no-any-return]


def put(name: str, column: str, value: Any) -> Edit:
    """Sets a column of a row; ``bot.end`` is one of our own."""

    def edit(tree: Tree) -> None:
        own = column.startswith("bot.")
        target = row(tree, name).setdefault("bot", {}) if own else row(tree, name)
        target[column.removeprefix("bot.")] = value

    return edit


def drop(name: str, column: str) -> Edit:
    def edit(tree: Tree) -> None:
        own = column.startswith("bot.")
        del (row(tree, name)["bot"] if own else row(tree, name))[column.removeprefix("bot.")]

    return edit


def label(list_name: str, code: str, language: str, text: str, column: str = "label") -> Edit:
    """The wording of a choice."""

    def edit(tree: Tree) -> None:
        (choice,) = (each for each in tree["choices"][list_name] if each["name"] == code)
        choice.setdefault(column, {})[language] = text

    return edit


def without_choice(list_name: str, code: str) -> Edit:
    def edit(tree: Tree) -> None:
        tree["choices"][list_name] = [each for each in tree["choices"][list_name] if each["name"] != code]

    return edit


def insert(after: str, *rows: Tree) -> Edit:
    """Further rows behind one."""

    def edit(tree: Tree) -> None:
        at = tree["survey"].index(row(tree, after)) + 1
        tree["survey"][at:at] = rows

    return edit


def require(*items: str) -> Edit:
    return lambda tree: tree["settings"]["required_items"].extend(items)


def text_row(name: str, **columns: Any) -> Tree:
    """A question in the languages of the shipped forms."""
    words = {"ja": "ひとこと", "ja_easy": "ひとこと", "en": "A word"}
    return {"type": "text", "name": name, "label": words, "required": "true()", **columns}


def codes(issues: Iterable[Issue]) -> set[str]:
    return {issue.code for issue in issues}
