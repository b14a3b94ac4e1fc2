"""What a customer sees beside the messages of the chat: menus, lists of commands, the letter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from bot.channels.line.menus import request_of
from bot.channels.menus import MenuKind, MenuState, entries_of, listed_commands
from bot.gallery.posing import NOW
from bot.outreach.letter_pages import NEVER, OTHER, REAL, Letter, Pages, Sender
from dialogs.conversation.wording import Translator
from dialogs.questionnaires import KINDS
from locales import Catalogue
from storage.exports.glyphs import font_file

#: The lines of a letter as they are drawn: text, left end and foot (mm), size (points).
Lines = list[list[Any]]
#: Of the letter: what is printed of a catalogue whatever the customer.
_LETTER = (
    *("title", "why", "phone", "customer_no", "by_phone_app", "code", "expires", "check_number", "line", "line_steps"),
    *("telegram", "telegram_steps", "check_note", "identity", "code_note", "real", "never", "never_lead", "other"),
    *(f"real.{part}" for part in REAL),
    *(f"never.{part}" for part in NEVER),
    *(f"other.{part}" for part in OTHER),
)
LETTER_SOURCES = (*(f"letter.{part}" for part in _LETTER), "letters.to_person", "letters.to_company")


def menus(words: Translator) -> Iterator[tuple[str, dict[str, Any], tuple[str, ...]]]:
    """The rich menus of LINE: as LINE is asked to make them."""
    for state in MenuState:
        kind = MenuKind(state=state, locale=words.locale)
        sources = ("menu.bar", *(entry.text for entry in entries_of(kind)))
        yield f"menu.{state.value}", request_of(kind, words).to_dict(), sources


def menu_picture(name: str, words: Translator) -> bytes:
    """The picture of a menu, by the id that ``menus`` gives it."""
    from bot.channels.line.menu_drawing import draw_menu

    return draw_menu(MenuKind(state=MenuState(name.removeprefix("menu.")), locale=words.locale), words)


def telegram_commands(words: Translator) -> tuple[list[list[str]], tuple[str, ...]]:
    """The list of commands that Telegram shows, and the keys of its words."""
    listed = [[name, text] for name, text in listed_commands(words)]
    return listed, tuple(f"command.{name}" for name, _ in listed)


def letters(
    words: Callable[[str], Catalogue],
    voices: Sequence[str],
    facts: Mapping[str, str],
    window: tuple[int, int, int, int],
) -> dict[tuple[str, str], Lines]:
    """The letters to a fictitious person and a fictitious company, by voice and kind; needs the extra ``pdf``."""
    drawn: Lines = []

    def seen(text: str, x: float, y: float, size: float) -> None:
        drawn.append([text, round(x, 2), round(y, 2), size])

    sender = Sender(**facts, today=NOW.date(), window=window, words=words)
    found: dict[tuple[str, str], Lines] = {}
    with font_file() as font:
        pages = Pages(font, sender, made_at=NOW, lost=lambda *_: None, seen=seen)
        for voice in voices:
            for kind in KINDS:
                pages.add(_letter(kind, voice, words(voice)))
                found[voice, kind] = list(drawn)
                drawn.clear()
        pages.close()
    return found


def _letter(kind: str, voice: str, words: Catalogue) -> Letter:
    return Letter(
        customer_no="0000001",
        kind=kind,
        postal_code="1000005",
        address=words.text("gallery.sample.address"),
        name=words.text(f"gallery.sample.{kind}"),
        code="ABCD2345EFGH",
        check_number="4821",
        line_url="https://line.me/R/oaMessage/%40sample/?ABCD2345EFGH",
        telegram_url="https://t.me/sample_bot?start=ABCD2345EFGH",
        expires_on=NOW.date().replace(year=NOW.year + 1),
        voice=voice,
    )
