"""Every sentence that the engine and the service can say is written, in every language, and nothing lies idle.

The keys are read from the source: literally, and as the families that an f-string spells out.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import bot
import dialogs
from bot.outreach.ladder import TEXTS
from dialogs.conversation.commands import VOICE_OF_COMMAND
from dialogs.conversation.events import Form
from dialogs.definition.model import Decline
from dialogs.guard import SecretKind
from dialogs.replies.problems import PROBLEMS
from locales import VOICES, Catalogue, load_catalogue, placeholders

ROOTS = (Path(str(dialogs.__file__)).parent, Path(str(bot.__file__)).parent)
#: The gallery only shows what others say: a sentence that nobody else says lies idle all the same.
SOURCES = sorted(path for root in ROOTS for path in root.rglob("*.py") if "gallery" not in path.parts)

#: What stands where an f-string has a hole, by how the f-string is written.
FAMILIES = {
    "engine.offered_{}": ("master", "previous", "default"),
    "engine.media_{}": ("audio", "file", "image", "location", "other", "sticker", "video"),
    "engine.sure_{}": (Form.STOP, Form.UNLINK),
    "button.{}": (Form.STOP, Form.UNLINK, *VOICE_OF_COMMAND),
    "button.decline_{}": tuple(kind for kind in Decline if kind is not Decline.NONE),
    "button.case_{}": ("individual", "corporate"),
    "guard.{}": tuple(SecretKind),
    "fact.channel_{}": ("line", "telegram"),
    "problem.{}": tuple(PROBLEMS),
    "lobby.{}": None,
    "outreach.{}": TEXTS,
}
#: Problems that the engine itself finds.
ENGINE_PROBLEMS = (
    *("acknowledge.needed", "choose", "constraint", "needed", "type_more"),
    *("entry.ends", "entry.needed", "entry.no_question", "entry.nothing_registered", "entry.several"),
)
#: How to read the word before it: plain Japanese.
READING = re.compile(r"\([\u3041-\u3096\u30a1-\u30fa]+\)")
#: The catalogue areas whose keys are all said by what is read here.
OWN_AREAS = ("engine.", "button.", "handover.", "faq.", "guard.", "alt.", "outreach.")


def _template(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def _branches(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _branches(node.body)
        yield from _branches(node.orelse)
    else:
        yield node


def _texts(tree: ast.AST) -> Iterator[str]:
    """Every string of the file that could be a key, f-strings with their holes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and (text := _template(node)) is not None:
            yield text


def _keys_of_phrases(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Phrase":
            for keyword in node.keywords:
                if keyword.arg == "key":
                    for branch in _branches(keyword.value):
                        if (text := _template(branch)) is not None:
                            yield text


def _expand(template: str) -> Iterator[str]:
    if "{}" not in template:
        yield template
        return
    assert template in FAMILIES, f"an unknown family of keys: {template}"
    for member in FAMILIES[template] or ():
        yield template.replace("{}", str(member))


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}
SAID = sorted({key for tree in TREES.values() for template in _keys_of_phrases(tree) for key in _expand(template)})
MENTIONED = {text for tree in TREES.values() for text in _texts(tree)}


@pytest.fixture(params=VOICES)
def catalogue(request: pytest.FixtureRequest) -> Catalogue:
    return load_catalogue(request.param)


def test_the_reading_of_the_source_finds_what_is_said() -> None:
    assert len(SAID) > 80
    assert {"engine.review", "engine.receipt", "handover.waiting", "guard.pin", "engine.sure_stop"} <= set(SAID)


def test_every_sentence_is_written(catalogue: Catalogue) -> None:
    assert [key for key in SAID if key not in catalogue] == []


def test_every_text_that_looks_like_a_key_is_one(catalogue: Catalogue) -> None:
    """Keys that are handed on before they become a phrase: ``yes="button.right"``."""
    looks = re.compile("(?:" + "|".join(re.escape(area) for area in (*OWN_AREAS, "lobby.")) + ")[a-z_]*[a-z]")
    assert sorted(text for text in MENTIONED if looks.fullmatch(text) and text not in catalogue) == ["faq.yaml"]


def test_every_problem_has_words(catalogue: Catalogue) -> None:
    codes = (*PROBLEMS, *ENGINE_PROBLEMS)
    assert [code for code in codes if f"problem.{code}" not in catalogue] == []


def test_every_problem_of_the_engine_is_in_the_list() -> None:
    """A code without words would raise in front of a customer."""
    codes = {
        text
        for path, tree in TREES.items()
        if path.parent.name == "conversation"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Problem"
        for keyword in node.keywords
        if keyword.arg == "code" and (text := _template(keyword.value)) is not None
    }
    assert codes <= {*PROBLEMS, *ENGINE_PROBLEMS}
    assert set(ENGINE_PROBLEMS) <= codes


def test_no_sentence_lies_idle(catalogue: Catalogue) -> None:
    said = set(SAID) | MENTIONED | {key for family in FAMILIES for key in _expand(family)}
    assert [key for key in catalogue.keys() if key.startswith(OWN_AREAS) and key not in said] == []  # noqa: SIM118


def test_the_languages_say_the_same_with_the_same_holes() -> None:
    first, *others = (load_catalogue(language) for language in VOICES)
    for other in others:
        for key in SAID:
            assert placeholders(first.template(key)) == placeholders(other.template(key)), key


def test_what_the_engine_says_is_short(catalogue: Catalogue) -> None:
    """At most two sentences, and for Japanese about 60 signs a bubble without the readings of words."""
    for key in SAID:
        if not key.startswith(("engine.", "handover.", "faq.", "guard.")):
            continue
        text = READING.sub("", catalogue.template(key))
        assert sum(text.count(mark) for mark in ("。", "? ", ". ", "?\n")) <= 2, f"{catalogue.locale}: {key}"
        if catalogue.locale != "en":
            assert len(text) <= 64, f"{key}: {len(text)}"
