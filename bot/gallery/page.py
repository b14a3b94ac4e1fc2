"""The gallery as one page that needs nothing beside itself: no script, no network, no picture that lies elsewhere."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader

from bot.gallery.beside import menu_picture
from bot.gallery.changes import Changes
from bot.gallery.entries import SECTIONS, Content, Entry, Gallery
from dialogs.definition.model import pick
from locales import VOICES, Catalogue, language_of, load_catalogue

#: What of a question a message shows, as the last part of its id.
_STATES = ("offered", "ticked", "why", "refused", "doubted", "confirmed")
#: The picture of a menu is 2,500 points wide; the page shows it smaller.
_MENU_WIDTH = 750


@dataclass(frozen=True)
class Card:
    """One message in all voices."""

    id: str
    title: str
    sources: tuple[str, ...]
    entries: tuple[Entry, ...]
    #: new, changed or same; empty where there is nothing to compare with
    state: str


@dataclass(frozen=True)
class Section:
    """Cards that belong together."""

    id: str
    title: str
    cards: tuple[Card, ...]


def render_page(gallery: Gallery, content: Content, words: Catalogue, changes: Changes | None) -> str:
    """The page in the language of ``words``."""
    jinja = Environment(
        loader=PackageLoader("bot.gallery"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    overlay = content.overlay / "locales" if content.overlay is not None else None
    sections = list(_sections(gallery, content, words, changes))
    voices = [voice for voice in VOICES if any(entry.voice == voice for entry in gallery.entries)]
    return jinja.get_template("gallery.html").render(
        gallery=gallery,
        content=content,
        sections=sections,
        changes=changes,
        voices=voices,
        languages={voice: language_of(voice) for voice in VOICES},
        language=language_of(words.locale),
        title_of=lambda form: pick(form.title, words.locale, form.default_language),
        cards=sum(len(section.cards) for section in sections),
        t=words.text,
        picture=_pictures(lambda voice: load_catalogue(voice, overlay)),
    )


def _pictures(words: Callable[[str], Catalogue]) -> Callable[[Entry], str]:
    def picture(entry: Entry) -> str:
        """The picture of a menu as an address that holds it."""
        import io

        from PIL import Image

        with Image.open(io.BytesIO(menu_picture(entry.id, words(entry.voice)))) as drawn:
            height = drawn.height * _MENU_WIDTH // drawn.width
            small = drawn.convert("L").resize((_MENU_WIDTH, height), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.quantize(16).save(out, "PNG", optimize=True)
        return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()

    return picture


def _sections(gallery: Gallery, content: Content, words: Catalogue, changes: Changes | None) -> Iterator[Section]:
    cards = _cards(gallery.entries, content, words, changes)
    for section in SECTIONS:
        if section != "form":
            yield Section(section, words.text(f"gallery.section.{section}"), tuple(cards.get(section, ())))
    for form in content.forms:
        title = f"{words.text('gallery.section.form')}: {pick(form.title, words.locale, form.default_language)}"
        yield Section(f"form-{form.id}", title, tuple(cards.get(f"form-{form.id}", ())))


def _cards(
    entries: Sequence[Entry], content: Content, words: Catalogue, changes: Changes | None
) -> Mapping[str, list[Card]]:
    by_id: dict[str, list[Entry]] = {}
    for entry in entries:
        by_id.setdefault(entry.id, []).append(entry)
    found: dict[str, list[Card]] = {}
    for name, same in by_id.items():
        section = same[0].section
        if section == "form":
            section = f"form-{name.partition('.')[0]}"
        card = Card(name, _title(name, content, words), same[0].sources, tuple(same), _state(same, changes))
        found.setdefault(section, []).append(card)
    return found


def _state(entries: Sequence[Entry], changes: Changes | None) -> str:
    """Of a card in several voices the state that must be read."""
    if changes is None:
        return ""
    states = {changes.state[entry.anchor] for entry in entries}
    return next(iter(states)) if len(states) == 1 else "changed"


def _title(name: str, content: Content, words: Catalogue) -> str:
    """A question by its short name, with what is shown of it; everything else by its id alone."""
    for form in content.forms:
        question = form.by_name.get(name.removeprefix(f"{form.id}.").partition(".")[0])
        if name.startswith(f"{form.id}.") and question is not None:
            short = pick(question.bot.button, words.locale, form.default_language)
            state = name.rpartition(".")[2]
            shown = words.text(f"gallery.state.{state}") if state in _STATES else ""
            return " - ".join(part for part in (short, shown) if part)
    topic = content.topics.get(words.locale, {}).get(name.removeprefix("faq."))
    return "" if topic is None else topic.question
