"""The approved questions and answers of one language, and the file that holds them.

A bank writes ``faq.yaml``; ``read_topics`` takes it only when every key is known, every text is
there and every placeholder can be filled, and says file, line and key where that is not so.
What is published is ``canonical_json``; its SHA-256 is the version recorded with each answer.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from locales import language_of

#: What an answer may refer to; the service fills all of them.
PLACEHOLDERS = frozenset({"bank_name", "bank_phone", "channel_name", "due_on"})

DRAFT = "draft"
APPROVED = "approved"

_TEXTS = frozenset({"id", "question", "answer", "short", "status", "approved_by", "approved_on", "handover"})
_LISTS = frozenset({"variants", "see_also", "source"})
_REQUIRED = ("id", "question", "answer", "status")
#: What a language has to have beyond that; a voice of it (ja_easy) is asked and answers for as its language is.
_REQUIRED_OF_LANGUAGE = ("variants", "source")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}\Z")
_BRACES = re.compile(r"\{([^{}]*)\}|[{}]")


class FaqError(ValueError):
    """The FAQ file cannot be used as it is."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One thing customers ask, and what the bank answers."""

    id: str
    #: The question in the bank's words; also the label of the button that offers the topic.
    question: str
    #: How customers put it.
    variants: tuple[str, ...] = ()
    #: Approved text: short paragraphs, separated by empty lines.
    answer: str
    #: The topic on a button: 20 characters at most.
    short: str = ""
    see_also: tuple[str, ...] = ()
    #: After the answer a person takes over.
    handover: bool = False
    #: Where the statement comes from.
    source: tuple[str, ...] = ()
    status: str = DRAFT
    approved_by: str = ""
    approved_on: str = ""

    @property
    def is_draft(self) -> bool:
        """A draft never reaches a real customer."""
        return self.status != APPROVED

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The answer as it is laid out in bubbles."""
        return tuple(part.strip() for part in re.split(r"\n\s*\n", self.answer) if part.strip())


def read_topics(source: str, locale: str, *, name: str = "faq.yaml") -> tuple[Topic, ...]:
    """The topics of a FAQ file (its text); ``FaqError`` names file, line and key of what is wrong."""
    where = f"{name} ({locale})"
    try:
        root = yaml.compose(source, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise FaqError(f"{where}, line {line}: this is not YAML ({error.problem}).") from error
    except yaml.YAMLError as error:
        raise FaqError(f"{where}: this is not YAML.") from error
    if not isinstance(root, yaml.SequenceNode):
        raise FaqError(f"{where}: a list of topics is expected.")
    topics: list[Topic] = []
    lines: dict[str, int] = {}
    for node in root.value:
        topic = _topic(_fields(node, where), locale, f"{where}, line {_line(node)}")
        if topic.id in lines:
            raise FaqError(f"{where}, line {_line(node)}: topic {topic.id} is already at line {lines[topic.id]}.")
        lines[topic.id] = _line(node)
        topics.append(topic)
    for topic in topics:
        for other in topic.see_also:
            if other not in lines:
                raise FaqError(f"{where}, line {lines[topic.id]}: see_also of {topic.id} names no topic: {other}.")
    if not topics:
        raise FaqError(f"{where}: there is no topic.")
    return tuple(topics)


@lru_cache(maxsize=8)
def load_shipped(locale: str) -> tuple[Topic, ...]:
    """The FAQ that comes with the program."""
    resource = files("locales") / locale / "faq.yaml"
    if not resource.is_file():
        raise FaqError(f"There is no FAQ in the language {locale}.")
    return read_topics(resource.read_text(encoding="utf-8"), locale, name=f"locales/{locale}/faq.yaml")


def in_voice(voice: str, topics: Mapping[str, Mapping[str, Topic]]) -> Mapping[str, Topic]:
    """What is answered in ``voice``, by id: its own texts, and those of its language where it has none.

    Only a language has phrasings: a question is understood alike in all its voices.
    """
    return {**topics.get(language_of(voice), {}), **topics.get(voice, {})}


def canonical_json(topics: Sequence[Topic]) -> str:
    """One text for one content, whatever the layout of the file it came from."""
    return json.dumps([asdict(topic) for topic in topics], ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read_canonical(body: str) -> tuple[Topic, ...]:
    """The topics of a published version."""
    rows: list[dict[str, Any]] = json.loads(body)
    for row in rows:
        row.update({key: tuple(row[key]) for key in _LISTS})
    return tuple(Topic(**row) for row in rows)


def sha256_of(topics: Sequence[Topic]) -> str:
    """The version of an FAQ."""
    return hashlib.sha256(canonical_json(topics).encode()).hexdigest()


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _fields(node: yaml.Node, where: str) -> dict[str, Any]:
    """One topic as texts and lists of texts; a key that is unknown or given twice is refused."""
    if not isinstance(node, yaml.MappingNode):
        raise FaqError(f"{where}, line {_line(node)}: a topic with id, question, answer, ... is expected.")
    fields: dict[str, Any] = {}
    for key_node, value in node.value:
        key = str(key_node.value)
        place = f"{where}, line {_line(key_node)}"
        if key not in _TEXTS | _LISTS:
            raise FaqError(f"{place}: {key} is not a key of a topic.")
        if key in fields:
            raise FaqError(f"{place}: {key} is there twice.")
        if key in _LISTS:
            fields[key] = _texts(value, key, where)
        elif isinstance(value, yaml.ScalarNode):
            fields[key] = str(value.value).strip()
        else:
            raise FaqError(f"{place}: {key} must be a text.")
    return fields


def _texts(node: yaml.Node, key: str, where: str) -> tuple[str, ...]:
    """A list of texts; a single text stands for a list of one."""
    items = [node] if isinstance(node, yaml.ScalarNode) else node.value
    if isinstance(node, yaml.MappingNode):
        raise FaqError(f"{where}, line {_line(node)}: {key} must be a list of texts.")
    texts: dict[str, None] = {}
    for item in items:
        place = f"{where}, line {_line(item)}"
        if not isinstance(item, yaml.ScalarNode):
            hint = "a text with a colon or brackets in it stands between quotation marks"
            raise FaqError(f"{place}: {key} must be a list of texts; {hint}.")
        text = str(item.value).strip()
        if not text:
            raise FaqError(f"{place}: {key} holds an empty text.")
        if text in texts:
            raise FaqError(f"{place}: {key} holds the same text twice.")
        texts[text] = None
    return tuple(texts)


def _topic(fields: Mapping[str, Any], locale: str, place: str) -> Topic:
    is_language = language_of(locale) == locale
    if not is_language and fields.get("variants"):
        raise FaqError(f"{place}: variants belong into the file of {language_of(locale)}, whose voice {locale} is.")
    for key in (*_REQUIRED, *_REQUIRED_OF_LANGUAGE) if is_language else _REQUIRED:
        if not fields.get(key):
            raise FaqError(f"{place}: {key} is missing.")
    if not _ID.match(fields["id"]):
        raise FaqError(f"{place}: the id {fields['id']} may hold letters, digits, . _ - only.")
    handover = fields.get("handover", "false")
    if handover not in ("true", "false"):
        raise FaqError(f"{place}: handover of {fields['id']} must be true or false.")
    for key in ("question", "answer", "short", "variants"):
        value = fields.get(key, "")
        for text in (value,) if isinstance(value, str) else value:
            _check_braces(text, key, place, allowed=key == "answer")
    _check_status(fields, place)
    return Topic(**{**fields, "handover": handover == "true"})


def _check_braces(text: str, key: str, place: str, *, allowed: bool) -> None:
    for found in _BRACES.finditer(text):
        if not allowed or found.group(1) not in PLACEHOLDERS:
            known = ", ".join(sorted(PLACEHOLDERS))
            raise FaqError(f"{place}: {found.group(0)} cannot stand in {key}; an answer may use {known}.")


def _check_status(fields: Mapping[str, Any], place: str) -> None:
    status = fields["status"]
    signed = bool(fields.get("approved_by")) and bool(fields.get("approved_on"))
    if status not in (DRAFT, APPROVED):
        raise FaqError(f"{place}: status is draft or approved, not {status}.")
    if status == APPROVED and not signed:
        raise FaqError(f"{place}: an approved topic needs approved_by and approved_on.")
    if status == DRAFT and (fields.get("approved_by") or fields.get("approved_on")):
        raise FaqError(f"{place}: a draft has no approved_by or approved_on.")
    if signed:
        try:
            date.fromisoformat(fields["approved_on"])
        except ValueError as error:
            raise FaqError(f"{place}: approved_on must be a date such as 2026-04-01.") from error
