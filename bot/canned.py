"""Replies that the bank has approved for staff to send with a click, and the file that holds them.

``locales/<language>/replies.yaml`` of the bank's own folder stands before the shipped one, as with the FAQ.  Promise:
staff are offered only what somebody has signed for (everywhere but in a demonstration), and no text with a gap in it:
a reply whose placeholder has no value now is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from bot.problems import SettingsProblem
from locales import fill, placeholders, shipped_text

#: What a reply may refer to.
PLACEHOLDERS = frozenset({"bank_name", "bank_phone", "staff_name", "question"})


class CannedReply(BaseModel):
    """One reply."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    id: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,31}$")
    #: What staff see in the list.
    title: str = Field(min_length=1, max_length=40)
    text: str = Field(min_length=1, max_length=1000)
    status: Literal["draft", "approved"]
    approved_by: str = ""
    approved_on: date | None = None

    @model_validator(mode="after")
    def _signed(self) -> CannedReply:
        signed = (bool(self.approved_by), self.approved_on is not None)
        if signed != ((True, True) if self.status == "approved" else (False, False)):
            raise ValueError("an approved reply has approved_by and approved_on, a draft has neither")
        unknown = placeholders(self.text) - PLACEHOLDERS
        if unknown:
            raise ValueError(f"{{{min(unknown)}}} cannot stand there; known are {', '.join(sorted(PLACEHOLDERS))}")
        return self


@dataclass(frozen=True, kw_only=True)
class Offered:
    """A reply as it would be sent now."""

    id: str
    title: str
    text: str


def offer(replies: tuple[CannedReply, ...], facts: Mapping[str, str], *, drafts: bool) -> tuple[Offered, ...]:
    """The replies that may be sent now, filled."""
    known = {name: value for name, value in facts.items() if value}
    return tuple(
        Offered(id=reply.id, title=reply.title, text=fill(reply.text, known))
        for reply in replies
        if (drafts or reply.status == "approved") and placeholders(reply.text) <= known.keys()
    )


@lru_cache(maxsize=8)
def load_replies(locale: str, overlay: Path | None) -> tuple[CannedReply, ...]:
    """The replies of a language; raises ``SettingsProblem`` with a sentence about the first thing that is wrong."""
    own = None if overlay is None else overlay / locale / "replies.yaml"
    name = f"locales/{locale}/replies.yaml"
    try:
        text = own.read_text("utf-8-sig") if own is not None and own.exists() else shipped_text(locale, "replies.yaml")
        # Every scalar stays the text that was written.
        replies = _LIST.validate_python(yaml.load(text, yaml.BaseLoader))  # noqa: S506
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsProblem(f"{name}, {place}: {first['msg'].removeprefix('Value error, ')}.") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise SettingsProblem(f"{name} cannot be read: {type(problem).__name__}.") from None
    if len({reply.id for reply in replies}) != len(replies):
        raise SettingsProblem(f"{name}: an id stands twice.")
    return replies


_LIST = TypeAdapter(tuple[CannedReply, ...])
