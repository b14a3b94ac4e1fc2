"""The menus are drawn for everybody: large, with contrast, each cell with its words, within LINE's limits."""

from __future__ import annotations

import io
import itertools
import subprocess
import sys

import pytest
from PIL import Image

from bot.channels.base import Tap
from bot.channels.limits import TELEGRAM, grapheme_count
from bot.channels.line import menu_drawing
from bot.channels.line.menu_drawing import HEIGHT, INK, PAPER, SMALLEST_TEXT, WIDTH, cells, draw_menu
from bot.channels.line.menus import name_of, request_of
from bot.channels.menus import (
    MENU_REF,
    MenuKind,
    MenuState,
    WordsTooLong,
    decide_menu,
    entries_of,
    listed_commands,
    menu_label,
)
from dialogs.conversation.commands import Command, exact
from dialogs.japanese import fold
from locales import VOICES, Catalogue, load_catalogue

KINDS = [MenuKind(state=state, locale=locale) for state in MenuState for locale in VOICES]
every_menu = pytest.mark.parametrize("kind", KINDS, ids=MenuKind.encode)


def brightness(colour: tuple[int, ...]) -> float:
    """Relative luminance as the web's contrast rules count it."""
    parts = [value / 255 for value in colour]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@every_menu
def test_a_picture_is_within_the_limits(kind: MenuKind) -> None:
    drawn = draw_menu(kind, load_catalogue(kind.locale))
    assert len(drawn) < 200_000
    picture = Image.open(io.BytesIO(drawn))
    assert (picture.format, picture.size) == ("PNG", (WIDTH, HEIGHT))


@every_menu
def test_every_cell_has_something_dark_on_light_or_light_on_dark(kind: MenuKind) -> None:
    picture = Image.open(io.BytesIO(draw_menu(kind, load_catalogue(kind.locale)))).convert("RGB")
    for x, y, width, height in cells(len(entries_of(kind))):
        cell = picture.crop((x + 10, y + 10, x + width - 10, y + height - 10))
        ground = cell.getpixel((0, 0))
        assert ground in (INK, PAPER)
        lower = cell.crop((0, height * 55 // 100, width - 20, height - 20))
        counted = {colour: number for number, colour in lower.getcolors(100) or []}
        other = PAPER if ground == INK else INK
        # Words stand in the lower half, and nothing of them touches the border of the cell.
        assert counted[other] > 3000
        assert {cell.getpixel((0, at)) for at in range(height - 20)} == {ground}


def test_the_contrast_is_far_above_what_is_asked() -> None:
    light, dark = brightness(PAPER), brightness(INK)
    assert (light + 0.05) / (dark + 0.05) > 10


@pytest.mark.parametrize("count", [4, 6])
def test_the_cells_are_the_whole_picture_and_overlap_nowhere(count: int) -> None:
    boxes = cells(count)
    assert sum(width * height for _, _, width, height in boxes) == WIDTH * HEIGHT
    for (x, y, w, h), (u, v, a, b) in itertools.combinations(boxes, 2):
        assert x + w <= u or u + a <= x or y + h <= v or v + b <= y
    with pytest.raises(ValueError, match="fill"):
        cells(count + 1)


def test_words_that_could_not_be_read_are_refused() -> None:
    words = Catalogue("en", {**_texts("en"), "menu.later": "Not now, but at some later time"})
    with pytest.raises(WordsTooLong, match="Not now, but at"):
        draw_menu(MenuKind(state=MenuState.OPEN, locale="en"), words)


def _texts(locale: str) -> dict[str, str]:
    words = load_catalogue(locale)
    return {key: words.template(key) for key in list(words.keys()) if key.startswith("menu.")}


@every_menu
def test_letters_are_large(kind: MenuKind) -> None:
    words = load_catalogue(kind.locale)
    boxes = cells(len(entries_of(kind)))
    font = menu_drawing._font_for([entry.lines(words) for entry in entries_of(kind)], min(box[2] for box in boxes))
    # As wide as a phone of 375 points: 16 points and more.
    assert font.size >= max(SMALLEST_TEXT, 107)


@every_menu
def test_who_hears_the_menu_hears_the_same_words(kind: MenuKind) -> None:
    words = load_catalogue(kind.locale)
    asked = request_of(kind, words)
    for entry, area in zip(entries_of(kind), asked.areas, strict=True):
        assert area.action.label == entry.label(words)
        assert "".join(entry.label(words).split()) == "".join("".join(entry.lines(words)).split())
        assert 1 <= grapheme_count(area.action.label) <= 20
    assert len({area.action.label for area in asked.areas}) == len(asked.areas)


@every_menu
def test_every_entry_sends_a_command_in_our_own_format(kind: MenuKind) -> None:
    for entry in entries_of(kind):
        tap = Tap.decode(entry.data)
        assert tap is not None
        assert (tap.conversation_ref, Command(tap.option)) == (MENU_REF, entry.command)
        assert len(entry.data.encode()) <= TELEGRAM.data_bytes


def test_the_menu_follows_from_links_and_cases() -> None:
    assert decide_menu(linked=False, answerable=False, locale="ja").encode() == "not_linked-ja"
    assert decide_menu(linked=True, answerable=True, locale="en").encode() == "open-en"
    assert decide_menu(linked=True, answerable=False, locale="ja").encode() == "nothing-ja"


def test_a_name_changes_with_the_words_and_with_nothing_else() -> None:
    kind = MenuKind(state=MenuState.OPEN, locale="en")
    name = name_of(kind, load_catalogue("en"))
    assert name == name_of(kind, load_catalogue("en"))
    assert name.startswith("kakunin/open-en/")
    other = Catalogue("en", {**_texts("en"), "menu.later": "Not now"})
    assert name_of(kind, other) != name
    assert len({name_of(kind, load_catalogue(kind.locale)) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize("locale", VOICES)
def test_every_listed_command_is_understood_and_described(locale: str) -> None:
    listed = listed_commands(load_catalogue(locale))
    for name, description in listed:
        assert exact(fold(f"/{name}"), locale) is Command(name)
        assert 3 <= len(description) <= 256
    assert len({name for name, _ in listed}) == len(listed)
    assert len({description for _, description in listed}) == len(listed)


def test_the_transcript_says_what_stood_on_the_menu() -> None:
    words = load_catalogue("en")
    assert menu_label("staff", words) == "Talk to a person"
    assert menu_label("sent by nobody", words) == "sent by nobody"


@pytest.mark.slow
def test_the_drawing_library_is_loaded_only_to_draw() -> None:
    code = "import sys, bot.service, bot.channels.line.menus, bot.menus; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
