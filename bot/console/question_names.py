"""What the questions of the live forms are called on a page of counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection

from bot.console.rendering import shorten
from bot.console.review_case import Words
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_canonical
from locales import Catalogue
from storage import publishing


@lru_cache(maxsize=16)
def _form(body: str) -> Questionnaire:
    return read_canonical(body)


def live_forms(conn: Connection) -> list[Questionnaire]:
    """The forms that are live."""
    live = publishing.list_published(conn, live_only=True)
    return [_form(one.body) for one in live if one.kind == "questionnaire"]


def names(catalogue: Catalogue, forms: Sequence[Questionnaire], local: datetime) -> Callable[[str], str]:
    """A short name for a question: of the first form that knows one; a question that is gone keeps its own."""
    words = [Words(catalogue, form, local).name for form in forms] or [Words(catalogue, None, local).name]

    def name_of(question: str) -> str:
        found = next((named for name in words if (named := name(question)) != question), question)
        return shorten(found, 22)

    return name_of
