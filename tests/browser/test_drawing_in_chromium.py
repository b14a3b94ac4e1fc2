"""The drawing of a form in a real Chromium: no text is wider than its box with the font of this machine."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import pytest

from bot.drawing.svg import draw
from dialogs.definition.yaml_format import load_shipped, shipped_names
from locales import VOICES, load_catalogue
from tests.browser.conftest import OpenPage

WIDER = """() => [...document.querySelectorAll('text[data-width]')]
    .filter(text => text.getComputedTextLength() > Number(text.dataset.width) + 0.01).map(text => text.textContent)"""


@pytest.mark.parametrize("name", shipped_names())
async def test_every_text_keeps_within_its_box(open_page: OpenPage, name: str, tmp_path: Path) -> None:
    page = await open_page(width=1600)
    for voice in VOICES:
        path = tmp_path / f"{voice}.svg"
        path.write_text(draw(load_shipped(name), load_catalogue(voice), voice), encoding="utf-8")
        await page.goto(path.as_uri())
        assert await page.locator("text").count() > 100
        assert await page.evaluate(WIDER) == []
    printed = pypdfium2.PdfDocument(await page.pdf(format="A3", landscape=True))
    assert len(printed) == path.read_text(encoding="utf-8").count('class="sheet"'), "each sheet is a page of its own"
    printed.close()
