"""Questions that were not understood: each is one action away from being a phrasing of a topic, or set aside.

What a phrasing would do to the FAQ is looked at before the transaction; in it only the question and the version that
was looked at are asked after again.  What was typed stays in the form where it could not be taken.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from sqlalchemy import Connection

from bot import unmatched
from bot.console.access import Permission, authorize_conversation, needs
from bot.console.context import MOUNT, Visit
from bot.console.door import redirect
from bot.console.queue import visible
from bot.console.rendering import render
from bot.next_faq import load_next_faq
from bot.phrasing import Doubt, LiveFaq, PhrasingRefused, doubts, with_phrasing
from bot.unmatched import DecidedBefore, Question, load_questions
from locales import SHIPPED_LANGUAGES
from storage import audit
from storage.publishing import OtherVersionLive
from storage.staff import list_staff
from storage.unmatched import PHRASING, SET_ASIDE

#: The lists by their name in the address, and the decision they show.
LISTS: Mapping[str, str | None] = {"open": None, "phrasing": PHRASING, "set_aside": SET_ASIDE}
#: A page shows so many; the others come up as these are decided.
PAGE = 30


@dataclass(frozen=True, kw_only=True)
class _Loaded:
    questions: list[Question]
    faqs: Mapping[str, LiveFaq]
    logins: Mapping[str, str]


@needs(Permission.EDIT_CONTENT)
async def show(visit: Visit) -> web.StreamResponse:
    """One of the lists; without a name, what waits for a decision."""
    name = visit.request.query.get("list", "open")
    if name not in LISTS:
        return redirect(f"{MOUNT}/questions")
    await visit.console.database.transact(lambda conn: _record_view(conn, visit, name))
    loaded = await _load(visit, LISTS[name])
    added = visit.request.query.get("added", "")
    known = {topic.id for faq in loaded.faqs.values() for topic in faq.topics}
    context = {
        "list": name,
        "questions": loaded.questions[:PAGE],
        "more": max(0, len(loaded.questions) - PAGE),
        "faqs": loaded.faqs,
        "logins": loaded.logins,
        "added": added if added in known else "",
    }
    return _render(visit, context)


@needs(Permission.EDIT_CONTENT)
async def add_phrasing(visit: Visit) -> web.StreamResponse:
    """Make it a phrasing of a topic in the next version; where there are doubts, after they were confirmed."""
    question, faq = await _find(visit)
    form = visit.form
    typed, topic = form.get("text", ""), form.get("topic") or form.get("other", "")
    if question is None:
        return _gone(visit)
    again = _Again(visit, question, faq, typed, topic)
    if form.get("version") != faq.sha256:
        return again.show("console.questions.problem.changed", status=409)
    try:
        after, text = with_phrasing(faq, topic, typed, question.names)
        found = await asyncio.to_thread(doubts, faq, after, topic, text)
    except PhrasingRefused as refusal:
        return again.show(f"console.questions.problem.{refusal.code}", params=refusal.params)
    # What was confirmed is confirmed of these words under this topic.
    if found and form.get("confirmed") != f"{topic} {text}":
        return again.show("", doubts=found, confirmed=f"{topic} {text}", status=200)
    console, staff = visit.console, visit.staff

    def deed(conn: Connection) -> None:
        # Somebody may have added to the next version since: what was looked at must be what is decided about.
        if load_next_faq(conn, faq.locale, lock=True).after.sha256 != faq.sha256:
            raise OtherVersionLive
        unmatched.add_phrasing(conn, console.universe, question, topic, text, staff_id=staff.id)

    try:
        await console.database.transact(deed)
    except DecidedBefore:
        return _gone(visit)
    except OtherVersionLive:
        return again.show("console.questions.problem.changed", status=409)
    return redirect(f"{MOUNT}/questions?added={topic}")


@needs(Permission.EDIT_CONTENT)
async def set_aside(visit: Visit) -> web.StreamResponse:
    """Nothing is to become of it."""
    question, _ = await _find(visit)
    if question is None:
        return _gone(visit)
    console, staff = visit.console, visit.staff
    try:
        await console.database.transact(
            lambda conn: unmatched.set_aside(conn, console.universe, question, staff_id=staff.id)
        )
    except DecidedBefore:
        return _gone(visit)
    return redirect(f"{MOUNT}/questions")


@dataclass(frozen=True)
class _Again:
    """The one question with what was typed, and why it was not taken."""

    visit: Visit
    question: Question
    faq: LiveFaq
    typed: str
    topic: str

    def show(
        self,
        problem: str,
        *,
        params: Mapping[str, str] | None = None,
        doubts: Sequence[Doubt] = (),
        confirmed: str = "",
        status: int = 422,
    ) -> web.Response:
        context = {
            "list": "open",
            "questions": [self.question],
            "faqs": {self.faq.locale: self.faq},
            "problem": problem,
            "params": params or {},
            "typed": self.typed,
            "chosen": self.topic,
            "doubts": doubts,
            "confirmed": confirmed,
        }
        return _render(self.visit, context, status=status)


def _gone(visit: Visit) -> web.Response:
    """A colleague was faster, or the customer took it back."""
    return _render(visit, {"list": "open", "problem": "console.questions.problem.gone"}, status=409)


async def _load(visit: Visit, decision: str | None) -> _Loaded:
    vault, staff = visit.console.database.vault, visit.staff

    def load(conn: Connection) -> _Loaded:
        return _Loaded(
            questions=load_questions(conn, vault, decision=decision, within=visible(staff)),
            faqs={locale: load_next_faq(conn, locale).after for locale in SHIPPED_LANGUAGES},
            logins={member.id: member.login for member in list_staff(conn)},
        )

    return await visit.console.database.read(load)


async def _find(visit: Visit) -> tuple[Question | None, LiveFaq]:
    """The open question of the address, and the FAQ of its language; raises ``NotFound`` outside the branch."""
    ref, seq = visit.request.match_info["ref"], int(visit.request.match_info["seq"])
    await visit.console.database.read(lambda conn: authorize_conversation(conn, visit.staff, ref))
    loaded = await _load(visit, None)
    found = next((question for question in loaded.questions if question.has(ref, seq)), None)
    locale = visit.console.settings.default_locale if found is None else found.locale
    return found, loaded.faqs[locale]


def _record_view(conn: Connection, visit: Visit, name: str) -> None:
    audit.record(
        conn,
        visit.console.universe,
        "console.questions_viewed",
        actor_kind="staff",
        actor_id=visit.staff.id,
        subjects={},
        detail={"list": name},
    )


def _render(visit: Visit, context: Mapping[str, Any], *, status: int = 200) -> web.Response:
    empty: dict[str, Any] = {"questions": [], "faqs": {}, "logins": {}, "added": "", "more": 0, "problem": ""}
    empty |= {"params": {}, "typed": None, "chosen": "", "doubts": (), "confirmed": "", "lists": tuple(LISTS)}
    return render(visit, "questions.html", {"area": "questions", **empty, **context}, status=status)
