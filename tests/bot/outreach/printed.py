"""Letters as they lie on the table: pages rendered by PDFium, codes read by a real decoder, texts by their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

#: A4 in points.
PAGE = (595, 842)
_MM = 72 / 25.4


class Printed:
    """One file of pages."""

    def __init__(self, pdf: bytes) -> None:
        import pypdfium2

        self._document = pypdfium2.PdfDocument(pdf)

    def __len__(self) -> int:
        return len(self._document)

    def size(self, page: int) -> tuple[int, int]:
        width, height = self._document[page].get_size()
        return round(width), round(height)

    def codes(self, page: int) -> list[str]:
        """What the QR codes of a page say, from left to right, as printed with 200 dots an inch."""
        import zxingcpp

        found = zxingcpp.read_barcodes(self.image(page, 200))
        return [one.text for one in sorted(found, key=lambda one: one.position.top_left.x)]

    def image(self, page: int, dots: int) -> Any:
        return self._document[page].render(scale=dots / 72).to_pil().convert("L")

    def text(self, page: int) -> str:
        return _plain(self._document[page].get_textpage().get_text_range())

    def inside(self, page: int, left: float, top: float, width: float, height: float) -> str:
        """What stands in a part of the page, in millimetres from its upper left corner."""
        _, tall = self._document[page].get_size()
        box = (left * _MM, tall - (top + height) * _MM, (left + width) * _MM, tall - top * _MM)
        return _plain(self._document[page].get_textpage().get_text_bounded(*box))

    def dark_edges(self, page: int, margin: float = 8.5) -> bool:
        """Whether anything is printed where printers cannot print, or beyond the page."""
        image = self.image(page, 50)
        edge = round(margin / 25.4 * 50)
        width, height = image.size
        strips = [(0, 0, width, edge), (0, height - edge, width, height), (width - edge, 0, width, height)]
        return any(image.crop(strip).getextrema()[0] < 128 for strip in strips)


def _plain(text: str) -> str:
    return "\n".join(line.strip() for line in text.replace("\r\n", "\n").split("\n") if line.strip())


def printed(folder: Path, pattern: str) -> Iterator[Printed]:
    for path in sorted(folder.glob(pattern)):
        yield Printed(path.read_bytes())
