"""Questionnaires from YAML and from their published body, and the ones that are shipped.

``read_questionnaire`` reads a source file, ``canonical_json`` is what gets published, and
``read_canonical`` reads that back: the same questionnaire with the same SHA-256.
"""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import resources

from dialogs.definition.builder import build
from dialogs.definition.issues import DefinitionError, Issue, UnreadableSource
from dialogs.definition.model import Questionnaire
from dialogs.definition.source_tree import Tree, canonical_json, read_json_tree
from dialogs.definition.yaml_source import read_yaml_tree

__all__ = [
    "DefinitionError",
    "Issue",
    "UnreadableSource",
    "canonical_json",
    "canonical_source",
    "load_shipped",
    "read_canonical",
    "read_questionnaire",
    "read_tree",
    "shipped_names",
    "shipped_source",
]

_PACKAGE = "dialogs.questionnaires"
_SUFFIX = ".yaml"


def read_tree(source: bytes | str, *, origin: str) -> Tree:
    """The source tree of a YAML file, for publishing and for lines of messages."""
    return read_yaml_tree(source, origin=origin)


def read_questionnaire(source: bytes | str, *, origin: str) -> Questionnaire:
    """The questionnaire of a YAML file; ``origin`` names the file in errors."""
    return build(read_yaml_tree(source, origin=origin), origin=origin)


def canonical_source(source: bytes | str, *, origin: str) -> str:
    """The body that gets published for a YAML file; refuses what is no questionnaire."""
    tree = read_yaml_tree(source, origin=origin)
    build(tree, origin=origin)
    return canonical_json(tree)


@lru_cache(maxsize=8)
def read_canonical(body: str) -> Questionnaire:
    """The questionnaire of a published body; of the few that are in use each is read once."""
    return build(read_json_tree(body), origin="published questionnaire")


def shipped_names() -> tuple[str, ...]:
    """The questionnaires that come with the program."""
    files = resources.files(_PACKAGE).iterdir()
    return tuple(sorted(file.name.removesuffix(_SUFFIX) for file in files if file.name.endswith(_SUFFIX)))


def shipped_source(name: str) -> bytes:
    """The YAML of a shipped questionnaire; ``LookupError`` where there is none of that name."""
    if name not in shipped_names():
        raise LookupError(f"no shipped questionnaire {name!r}")
    return (resources.files(_PACKAGE) / f"{name}{_SUFFIX}").read_bytes()


@cache
def load_shipped(name: str) -> Questionnaire:
    """A shipped questionnaire, read once."""
    return read_questionnaire(shipped_source(name), origin=f"{name}{_SUFFIX}")
