"""All entries of the gallery: what stands in each, in one voice, as it is sent, and its hash.

Promise: the hash is that of the calls to the platforms, so it changes exactly when a customer would see something else;
the same content gives the same entries on any machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from bot.channels.line import drawing as line
from bot.channels.telegram import drawing as telegram
from bot.gallery import asking, beside, entrance, refusing, talking
from bot.gallery.posing import Said, Stage, first, neutral, sources_of
from bot.gallery.walking import Places, places
from bot.keyboards import settled_text, share_message
from dialogs.conversation.prompts import Message, MessageKind
from dialogs.conversation.wording import Voice, render
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import read_questionnaire
from dialogs.faq.topics import Topic, in_voice
from locales import VOICES, Catalogue, load_catalogue

CHANNELS = ("line", "telegram")
#: The conversation in the data of buttons.
_REF = "sample"
_BANK_PAGE = "https://bank.example/login"
#: Where the address of the bank's page could not be made.
_NO_PAGE = "lobby.no_login_now"
_OF_CHANNEL = "{channel_name}"
_OF_DAY = "{due_on}"


@dataclass(frozen=True, kw_only=True)
class Content:
    """What the bank says: its forms, its answers, its words."""

    forms: Sequence[Questionnaire]
    topics: Mapping[str, Mapping[str, Topic]]
    #: bank_name, bank_phone
    facts: Mapping[str, str]
    overlay: Path | None = None
    window: tuple[int, int, int, int]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One message, menu or page in one voice."""

    id: str
    section: str
    voice: str
    #: Keys of the catalogue, topics and columns of forms from which its words come.
    sources: tuple[str, ...]
    #: By what shows it: ``line``, ``telegram``, ``menu``, ``commands`` or ``letter``.
    content: Mapping[str, Any] = field(repr=False)

    @property
    def anchor(self) -> str:
        """Unique in the gallery, and stable."""
        return f"{self.id}@{self.voice}"

    @property
    def sha256(self) -> str:
        """Of the content as it is sent."""
        text = json.dumps(self.content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


#: The sections in their order; what a form asks has one of its own for each form.
SECTIONS = (
    *("entrance", "campaign", "letter", "menu", "staff", "conversation", "refusals", "guard", "faq"),
    *("notices", "form"),
)


@dataclass(frozen=True)
class Gallery:
    """All entries, and the questions of forms that could not be shown."""

    entries: tuple[Entry, ...]
    missing: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """One hash over all of them."""
        lines = sorted(f"{entry.anchor} {entry.sha256}\n" for entry in self.entries)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def gallery(content: Content, voices: Iterable[str] = VOICES) -> Gallery:
    """All that the bank says, in each of the voices."""
    shared = _Shared(content, tuple(voices))
    entries = [entry for voice in shared.voices for entry in _Maker(content, voice, shared).all()]
    return Gallery(tuple(entries), tuple(sorted(shared.missing)))


class _Shared:
    """What is worked out once for all voices: the ways through the forms, and the letters with their large font."""

    def __init__(self, content: Content, voices: tuple[str, ...]) -> None:
        self.voices = voices
        self.overlay = content.overlay / "locales" if content.overlay is not None else None
        self.ways: dict[str, Places] = {}
        self.missing: set[str] = set()
        self.letters = beside.letters(self.words, voices, content.facts, content.window)

    def words(self, voice: str) -> Catalogue:
        """The catalogue of a voice, the bank's own wordings on top."""
        return load_catalogue(voice, self.overlay)


@cache
def stage_form() -> Questionnaire:
    """The small form on which the bot's own sentences are posed."""
    return read_questionnaire((files("bot.gallery") / "stage.yaml").read_bytes(), origin="stage.yaml")


class _Maker:
    """The entries of one voice."""

    def __init__(self, content: Content, voice: str, shared: _Shared) -> None:
        self.content = content
        self.shared = shared
        self.voice = voice
        self.words = shared.words(voice)
        self.voices = {channel: self._voice(channel) for channel in CHANNELS}

    def _voice(self, channel: str) -> Voice:
        words = self.words
        facts = {
            **self.content.facts,
            "channel_name": words.text(f"fact.channel_{channel}"),
            "due_on": words.text("fact.due_on"),
        }
        return Voice(catalogue=words, topics=in_voice(self.voice, self.content.topics), facts=facts)

    def all(self) -> Iterator[Entry]:
        voice, form = self.voices["line"], stage_form()
        yield from self._said("entrance", entrance.entrance(voice), None)
        yield from self._said("campaign", entrance.campaign(voice), None)
        yield self._notification()
        yield from self._letters()
        yield from self._menus()
        yield from self._staff()
        for said in talking.sentences(form, voice, tuple(self.content.topics.get("ja", {}))):
            section = "guard" if said.id.startswith("guard.") else "conversation"
            yield from self._said(section, [said], form)
        yield from self._said("refusals", refusing.refusals(form, voice), form)
        yield from self._said("faq", self._answers(form), form)
        yield from self._said("notices", entrance.notices(voice), None)
        yield from self._changed(form)
        for asked in self.content.forms:
            ways = self.shared.ways
            if asked.id not in ways:
                ways[asked.id] = places(asked, voice, self._known())
            found = asking.questions(asked, ways[asked.id], self.voice)
            self.shared.missing.update(f"{asked.id}.{name}" for name in found.missing)
            yield from self._said("form", found.said, asked)

    def _known(self) -> dict[str, str]:
        """What the bank has of a fictitious customer."""
        keys = ("name", "address", "phone", "email", "representative_name", "employer", "business")
        return {key: self.words.text(f"gallery.master.{key}") for key in keys} | {
            "postal_code": "1000005",
            "name_kana": "ミホン タロウ",
            "birth_date": "1980-04-01",
            "nationality": "JPN",
            "occupation": "employee",
            "owners": self.words.text("gallery.master.owners"),
        }

    def _said(self, section: str, said: Iterable[Said], form: Questionnaire | None) -> Iterator[Entry]:
        for one in said:
            prompt = neutral(one.prompt, counted=one.id in ("engine.progress", "engine.progress_end"))
            messages = {channel: render(prompt, form, voice) for channel, voice in self.voices.items()}
            sources = sources_of(prompt, form)
            yield self._entry(one.id, section, messages, (*sources, *self._implied(sources)))

    def _implied(self, sources: Iterable[str]) -> Iterator[str]:
        """The words that stand in an approved answer for the platform and the day, or in its place."""
        for source in sources:
            if source.startswith("faq:") and source.removeprefix("faq:") not in self.voices["line"].topics:
                yield "faq.unknown_topic"
            topic = self.voices["line"].topics.get(source.removeprefix("faq:"))
            if topic is not None and _OF_CHANNEL in topic.answer:
                yield from ("fact.channel_line", "fact.channel_telegram")
            if topic is not None and _OF_DAY in topic.answer:
                yield "fact.due_on"

    def _entry(self, name: str, section: str, messages: Mapping[str, Message], sources: Iterable[str]) -> Entry:
        shown = messages["line"]
        # Only LINE leads to the bank's page; the address is made at the moment of sending.
        links = tuple(replace(link, address="" if name == _NO_PAGE else _BANK_PAGE) for link in shown.links)
        bubbles = [part.to_dict() for part in line.render(replace(shown, links=links), _REF)]
        content: dict[str, Any] = {"line": json.loads(json.dumps(bubbles, default=str))}
        content["telegram"] = [
            {"text": part.text} | ({} if part.keyboard is None else {"reply_markup": part.keyboard.to_dict()})
            for part in telegram.render(messages["telegram"], _REF)
        ]
        if shown.share is not None:
            del content["line"]
        if shown.links:
            del content["telegram"]
        return Entry(id=name, section=section, voice=self.voice, sources=tuple(dict.fromkeys(sources)), content=content)

    def _answers(self, form: Questionnaire) -> Iterator[Said]:
        for topic in self.voices["line"].topics:
            yield Said(f"faq.{topic}", first(Stage(form, self.voices["line"]).until("one").tap(f"q.{topic}")))

    def _notification(self) -> Entry:
        """Of LINE alone, and a plain text."""
        name, text = "outreach.notification", entrance.notification(self.voices["line"])
        content = {"line": [{"type": "text", "text": text}]}
        return Entry(id=name, section="campaign", voice=self.voice, sources=(name,), content=content)

    def _staff(self) -> Iterator[Entry]:
        name, text = entrance.staff_words(self.voices["line"])
        message = Message(kind=MessageKind.STAFF, text=text, alt=self.words.text("alt.staff"), sender=name)
        sources = ("handover.joined", "handover.staff_name", "alt.staff")
        yield self._entry("handover.joined", "staff", dict.fromkeys(CHANNELS, message), sources)

    def _changed(self, form: Questionnaire) -> Iterator[Entry]:
        """What only Telegram has: a question that was answered changes, and the phone's own number is shared."""
        asked = render(neutral(Stage(form, self.voices["line"]).until("one").tap("why")[-1]), form, self.voices["line"])
        text = settled_text(lambda: self.words, asked.text, asked.buttons[0].label)
        settled = Message(kind=MessageKind.SETTLED, text=text, alt=asked.alt)
        both = dict.fromkeys(CHANNELS, settled)
        entry = self._entry("engine.chosen", "notices", both, ("engine.chosen",))
        yield replace(entry, content={"telegram": entry.content["telegram"]})
        for name, wanted in (("engine.share_number", True), ("engine.share_number_done", False)):
            message = share_message(self.words, wanted)
            sources = (name, "button.share_number") if wanted else (name,)
            yield self._entry(name, "notices", dict.fromkeys(CHANNELS, message), sources)

    def _menus(self) -> Iterator[Entry]:
        def entry(name: str, sources: tuple[str, ...], **content: Any) -> Entry:
            return Entry(id=name, section="menu", voice=self.voice, sources=sources, content=content)

        for name, asked, sources in beside.menus(self.words):
            yield entry(name, sources, menu=asked)
        listed, sources = beside.telegram_commands(self.words)
        yield entry("menu.commands", sources, commands=listed)

    def _letters(self) -> Iterator[Entry]:
        for (voice, kind), lines in self.shared.letters.items():
            if voice == self.voice:
                yield Entry(
                    id=f"letter.{kind}",
                    section="letter",
                    voice=voice,
                    sources=beside.LETTER_SOURCES,
                    content={"letter": lines},
                )
