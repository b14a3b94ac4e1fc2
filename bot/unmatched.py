"""The list of questions that were not understood, as staff read it: the same words once, and without names.

Promise: whose question it is stands nowhere in it, and the words are masked before they leave this module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Select

from bot.phrasing import LiveFaq, load_live_faq
from bot.redacting import names_in, redact
from dialogs.definition.model import Questionnaire, pick
from dialogs.definition.yaml_format import read_canonical
from dialogs.japanese import fold
from storage import audit, content, customers, faq_edits, publishing
from storage.encryption import Vault
from storage.universe import Universe
from storage.unmatched import PHRASING, SET_ASIDE, Unmatched, decide, list_unmatched


class DecidedBefore(Exception):
    """Somebody else decided about the question, or its words are gone."""


@dataclass(frozen=True)
class Near:
    """A topic near to the question."""

    topic: str
    #: In the words of the live FAQ; empty where the topic is gone.
    title: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Question:
    """What was asked, however often, in the same words."""

    #: The newest comes first.
    members: tuple[Unmatched, ...]
    #: Masked, in one line.
    text: str = field(repr=False)
    #: How those who asked may call themselves.
    names: frozenset[str] = field(repr=False)
    #: What was open, in the words of the form, or its code where that is not known; empty where nothing was.
    asked: str
    nearest: tuple[Near, ...]

    @property
    def newest(self) -> Unmatched:
        return self.members[0]

    @property
    def count(self) -> int:
        return len(self.members)

    @property
    def locale(self) -> str:
        return self.newest.locale

    @property
    def at(self) -> datetime:
        return self.newest.at

    @property
    def channels(self) -> tuple[str, ...]:
        return tuple(sorted({member.channel for member in self.members}))

    @property
    def id(self) -> str:
        return f"{self.newest.ref}/{self.newest.seq}"

    def has(self, ref: str, seq: int) -> bool:
        return any((member.ref, member.seq) == (ref, seq) for member in self.members)


def load_questions(
    conn: Connection, vault: Vault, *, decision: str | None = None, within: Select[tuple[str]] | None = None
) -> list[Question]:
    """The questions that wait for a decision (or have had this one), newest first."""
    found = list_unmatched(conn, vault, decision=decision, within=within)
    names = _names(conn, vault, found)
    groups: dict[tuple[str, ...], list[Unmatched]] = {}
    for one in found:
        groups.setdefault((one.locale, one.topic or "", fold(one.text)), []).append(one)
    faqs = {locale: load_live_faq(conn, locale) for locale in {one.locale for one in found}}
    return [
        _question_of(conn, members, faqs[members[0].locale], lambda one: names.get(one.customer_id or "", frozenset()))
        for members in groups.values()
    ]


def _names(conn: Connection, vault: Vault, found: Sequence[Unmatched]) -> dict[str, frozenset[str]]:
    names: dict[str, frozenset[str]] = {}
    for customer_id in {one.customer_id for one in found if one.customer_id is not None}:
        customer = customers.load_customer(conn, vault, customer_id)
        if customer is not None:
            names[customer_id] = names_in(customer.fields)
    return names


def _question_of(
    conn: Connection, members: list[Unmatched], faq: LiveFaq, names_of: Callable[[Unmatched], frozenset[str]]
) -> Question:
    newest, names = members[0], frozenset[str]().union(*map(names_of, members))
    near: list[Near] = []
    for name, score in newest.nearest:
        topic = faq.topic(name)
        near.append(Near(name, "" if topic is None else topic.question, score))
    return Question(
        members=tuple(members),
        text=redact(newest.text, names),
        names=names,
        asked=_asked(conn, newest),
        nearest=tuple(near),
    )


def _asked(conn: Connection, one: Unmatched) -> str:
    """The open question in the words of its form."""
    published = None
    if one.questionnaire_sha256 is not None and one.asked:
        published = publishing.load_published(conn, one.questionnaire_sha256)
    if published is None:
        return one.asked or ""
    form = _form(published.body)
    if one.asked not in {question.name for question in form.questions}:
        return one.asked or ""
    question = form.question(one.asked)
    language = form.default_language
    return pick(question.bot.button, one.locale, language) or pick(question.label, one.locale, language)


@lru_cache(maxsize=8)
def _form(body: str) -> Questionnaire:
    return read_canonical(body)


# Deeds --------------------------------------------------------------------------------------


def add_phrasing(
    conn: Connection, uni: Universe, question: Question, topic: str, phrasing: str, *, staff_id: str
) -> None:
    """The question becomes a phrasing of the topic in the next version of the FAQ; raises ``DecidedBefore``."""
    edit_id = faq_edits.add_edit(conn, uni, locale=question.locale, topic=topic, phrasing=phrasing, staff_id=staff_id)
    _decide(conn, uni, question, PHRASING, staff_id, topic=topic, edit_id=edit_id)
    detail = {"topic": topic, "locale": question.locale, "times": str(question.count)}
    _record(conn, uni, "question.phrasing_added", question, staff_id, {"edit": edit_id}, detail)


def set_aside(conn: Connection, uni: Universe, question: Question, *, staff_id: str) -> None:
    """Nothing is to become of the question; raises ``DecidedBefore``."""
    _decide(conn, uni, question, SET_ASIDE, staff_id)
    _record(conn, uni, "question.set_aside", question, staff_id, {}, {"times": str(question.count)})


def _decide(
    conn: Connection,
    uni: Universe,
    question: Question,
    decision: str,
    staff_id: str,
    *,
    topic: str | None = None,
    edit_id: str | None = None,
) -> None:
    if not content.still_kept(conn, [question.newest.content_id]):
        raise DecidedBefore
    # In one order for everybody: two who decide about the same questions must not wait for each other.
    for member in sorted(question.members, key=lambda one: (one.conversation_id, one.seq)):
        done = decide(conn, uni, member, decision, staff_id=staff_id, topic=topic, edit_id=edit_id)
        if not done and member is question.newest:
            raise DecidedBefore


def _record(
    conn: Connection,
    uni: Universe,
    action: str,
    question: Question,
    staff_id: str,
    subjects: dict[str, str],
    detail: dict[str, str],
) -> None:
    newest = question.newest
    audit.record(
        conn,
        uni,
        action,
        actor_kind="staff",
        actor_id=staff_id,
        subjects={"conversation": newest.conversation_id, "content": newest.content_id, **subjects},
        detail=detail,
    )
