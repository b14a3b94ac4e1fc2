"""Drawing the letters: one A4 page each, folded in three, for a window envelope 長形3号.

Promise: the same letters give the same bytes; no sign is drawn as an empty box (``storage.exports.glyphs``); what does
not fit is drawn smaller, and where that is not enough it is reported as ``too_long``, never silently cut.

Measures, in millimetres.  The envelope is 120 x 235 (長形3号, JIS S 5502), the page 210 x 297, in three 210 x 99.  The
postal rule wants a window for an address to be a rectangle of at least 45 x 80, and makers keep it 10 from every edge
(Imura, 「窓について」, https://service.imura.co.jp/useful/knowlege/04.html); ready-made ones are 45 x 90.  How far it
is from the edges differs by maker, and the page has room to slide, hence the setting ``LETTER_WINDOW``: what of the
page is seen through the window wherever the page lies; nothing else of a customer stands there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

from bot.outreach.line_breaks import lines_of
from dialogs.replies.dates import show_date
from locales import Catalogue
from storage.exports.glyphs import drawable, embed
from storage.exports.spelling import Why

_FOLDS: Final = (99.0, 198.0)
_LEFT: Final = 20.0
_RIGHT: Final = 190.0
_GUTTER: Final = 8.0
_MM: Final = 72 / 25.4
#: Height of a line by the size of its signs.
_LEADING: Final = 1.45
_SMALLEST: Final = 5.5
_QR: Final = 34.0
#: Blank modules around a QR code (ISO/IEC 18004), which the captions stay out of.
_QUIET: Final = 4
_RUNS: Final = re.compile(b"\x01+")

NEVER = ("pin", "password", "one_time_code", "card_number", "account_number", "my_number")
REAL = ("website", "phone", "police")
OTHER = ("phone", "paper", "branch")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What stands on one page."""

    customer_no: str
    #: individual, corporate
    kind: str
    postal_code: str
    address: str
    name: str
    code: str
    check_number: str
    line_url: str
    telegram_url: str
    expires_on: date
    #: One of ``locales.VOICES``.
    voice: str


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who writes, when, and in which words."""

    bank_name: str
    bank_phone: str
    today: date
    #: Left, top, width and height of what the window shows of the page.
    window: tuple[int, int, int, int]
    words: Callable[[str], Catalogue]


#: Takes each sign that could not be drawn: customer number, field, sign (empty where a text was too long), why.
Lost = Callable[[str, str, str, Why], None]
#: Takes each line of text as it is drawn: its left end and foot in millimetres, its size in points.
Seen = Callable[[str, float, float, float], None]


def grouped(code: str) -> str:
    """A code in groups of four, as it is read aloud and typed; the hyphens are no part of it."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def addressee(letter: Letter, words: Catalogue) -> str:
    """The name with what politeness puts after it."""
    key = "letters.to_company" if letter.kind == "corporate" else "letters.to_person"
    return words.text(key, name=letter.name)


class Pages:
    """One PDF that grows letter by letter."""

    def __init__(
        self, font: Path, sender: Sender, *, made_at: datetime, lost: Lost, seen: Seen = lambda *_: None
    ) -> None:
        from fpdf import FPDF

        self._sender = sender
        self._lost = lost
        self._seen = seen
        self._customer_no = ""
        self._pdf = FPDF(format="A4", unit="mm")
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(sender.words("ja").text("letter.title"))
        self._pdf.set_lang("ja")
        self._pdf.set_auto_page_break(False)
        self._known = embed(self._pdf, font)
        self._widths: dict[str, float] = {}
        self._masks: dict[int, int] = {}
        self._broken: dict[tuple[str, float], list[str]] = {}

    def add(self, letter: Letter) -> None:
        """One more page."""
        words = self._sender.words(letter.voice)
        self._customer_no = letter.customer_no
        self._pdf.add_page()
        self._pdf.set_draw_color(150)
        self._pdf.set_line_width(0.1)
        for fold in _FOLDS:
            self._pdf.line(4, fold, 8, fold)
        self._address(letter, words)
        self._head(letter, words)
        self._codes(letter, words)
        self._foot(words)

    def done(self) -> bytes:
        """The file."""
        return bytes(self._pdf.output())

    def close(self) -> None:
        """Give the font back where no file is wanted."""
        embedded: Any = self._pdf.fonts["noto"]
        embedded.ttfont.close()

    # The parts of a page ------------------------------------------------------------------------

    def _address(self, letter: Letter, words: Catalogue) -> None:
        left, top, width, height = self._sender.window
        inner = (width - 8, height - 6)
        postal = letter.postal_code
        parts = [
            ("postal_code", f"〒{postal[:3]}-{postal[3:]}" if len(postal) == 7 else postal, 1.0),
            ("address", letter.address, 1.0),
            ("name", addressee(letter, words), 1.15),
        ]
        drawn = [(self._drawable(text, field), scale) for field, text, scale in parts]

        def lines(size: float) -> list[tuple[str, float]]:
            return [
                (line, size * scale)
                for text, scale in drawn
                if text
                for part in self._parts(text, inner[0], size * scale)
                for line in self._lines(part, inner[0], size * scale)
            ]

        size = self._fitting(
            10.5, lambda size: sum(map(_height, (one[1] for one in lines(size)))) <= inner[1], "address"
        )
        y = top + 3.0
        for text, points in lines(size):
            y = self._line(text, left + 4, y, points)

    def _parts(self, text: str, width: float, size: float) -> list[str]:
        """An address or a name in as few parts as go on a line each, broken at its blanks: a house keeps its name."""
        parts: list[str] = []
        for word in text.split():
            joined = f"{parts[-1]} {word}" if parts else word
            if parts and self._width(joined) * size / _MM <= width:
                parts[-1] = joined
            else:
                parts.append(word)
        return parts

    def _head(self, letter: Letter, words: Catalogue) -> None:
        sender = self._sender
        x, y = sender.window[0] + sender.window[2] + _GUTTER, 14.0
        width = _RIGHT - x
        day = show_date(sender.today, letter.voice)
        for text, size in (
            (day, 9.0),
            (sender.bank_name, 12.0),
            (words.text("letter.phone", bank_phone=sender.bank_phone), 9.0),
            (words.text("letter.customer_no", customer_no=letter.customer_no), 9.0),
        ):
            y = self._paragraph(text, x, y, width, size) + 1
        y = self._paragraph(words.text("letter.title"), _LEFT, 63, _RIGHT - _LEFT, 14)
        text = words.text("letter.why", bank_name=sender.bank_name)
        self._fit_into([("", text)], _LEFT, y + 2, _RIGHT - _LEFT, _FOLDS[0] - y - 4, 10)

    def _codes(self, letter: Letter, words: Catalogue) -> None:
        top = _FOLDS[0] + 3
        self._heading(words.text("letter.by_phone_app"), _LEFT, top, _RIGHT - _LEFT)
        top += 9
        self._pdf.set_draw_color(60)
        self._pdf.set_line_width(0.4)
        self._pdf.rect(_LEFT, top, _RIGHT - _LEFT, 26)
        split = 142.0
        self._pdf.line(split, top, split, top + 26)
        self._line(words.text("letter.code"), _LEFT + 4, top + 2, 9)
        self._line(grouped(letter.code), _LEFT + 4, top + 7.5, 27)
        expires = words.text("letter.expires", day=show_date(letter.expires_on, letter.voice))
        self._line(expires, _LEFT + 4, top + 20, 9)
        self._one_line(words.text("letter.check_number"), split + 4, top + 2, _RIGHT - split - 6, 9)
        self._line(letter.check_number, split + 4, top + 7.5, 27)
        top += 29
        channels = [(name, url) for name, url in (("line", letter.line_url), ("telegram", letter.telegram_url)) if url]
        width = (_RIGHT - _LEFT - _GUTTER) / 2
        for at, (name, url) in enumerate(channels):
            x = _LEFT + at * (width + _GUTTER)
            self._qr(url, x, top)
            steps = [(words.text(f"letter.{name}"), words.text(f"letter.{name}_steps"))]
            self._fit_into(steps, x + _QR + 3, top, width - _QR - 3, _QR, 9)
        top += _QR if channels else 0
        notes = [words.text("letter.check_note"), words.text("letter.identity"), words.text("letter.code_note")]
        self._fit_into(_listed(notes), _LEFT, top, _RIGHT - _LEFT, _FOLDS[1] - top - 2, 9)

    def _foot(self, words: Catalogue) -> None:
        names = {"bank_name": self._sender.bank_name, "bank_phone": self._sender.bank_phone}
        top = _FOLDS[1] + 5
        width = (_RIGHT - _LEFT - _GUTTER) / 2
        for at, (title, part, items) in enumerate((("real", "real", REAL), ("never", "never", NEVER))):
            x = _LEFT + at * (width + _GUTTER)
            self._heading(words.text(f"letter.{title}"), x, top, width)
            texts = [words.text(f"letter.{part}.{item}", **names) for item in items]
            lead = words.text("letter.never_lead") if part == "never" else ""
            blocks = ([("", lead)] if lead else []) + _listed(texts)
            self._fit_into(blocks, x, top + 9, width, 43, 9)
        top += 55
        self._heading(words.text("letter.other"), _LEFT, top, _RIGHT - _LEFT)
        texts = [words.text(f"letter.other.{item}", **names) for item in OTHER]
        self._fit_into(_listed(texts), _LEFT, top + 9, _RIGHT - _LEFT, 297 - top - 9 - 9, 9)

    # What the parts are made of -----------------------------------------------------------------

    def _heading(self, text: str, x: float, y: float, width: float) -> None:
        self._one_line(text, x, y, width, 11)
        self._pdf.set_draw_color(60)
        self._pdf.set_line_width(0.3)
        self._pdf.line(x, y + 6.5, x + width, y + 6.5)

    def _one_line(self, text: str, x: float, y: float, width: float, size: float) -> None:
        text = self._drawable(text, "text")
        size = self._fitting(size, lambda size: self._width(text) * size / _MM <= width, "text")
        self._line(text, x, y, size)

    def _fit_into(
        self, blocks: Sequence[tuple[str, str]], x: float, y: float, width: float, height: float, size: float
    ) -> None:
        """Paragraphs, each after its mark or title, as large as the room lets them be."""

        blocks = [(mark, self._drawable(text, "text")) for mark, text in blocks]

        def needed(points: float) -> float:
            return sum(self._block(block, x, 0, width, points, draw=False) for block in blocks)

        points = self._fitting(size, lambda points: needed(points) <= height, "text")
        for block in blocks:
            y += self._block(block, x, y, width, points, draw=True)

    def _block(self, block: tuple[str, str], x: float, y: float, width: float, size: float, *, draw: bool) -> float:
        """Draw or only measure: the height that it takes."""
        mark, text = block
        indent, top = 0.0, 0.0
        if len(mark) == 1:
            indent = self._width(mark) * size / _MM * 1.2
            if draw:
                self._line(mark, x, y, size)
        elif mark:
            for line in self._lines(mark, width, size * 1.2):
                top = self._line(line, x, y + top, size * 1.2) - y if draw else top + _height(size * 1.2)
        lines = self._lines(text, width - indent, size)
        if draw:
            at = y + top
            for line in lines:
                at = self._line(line, x + indent, at, size)
        return top + len(lines) * _height(size) + 0.8

    def _paragraph(self, text: str, x: float, y: float, width: float, size: float) -> float:
        for line in self._lines(self._drawable(text, "text"), width, size):
            y = self._line(line, x, y, size)
        return y

    def _line(self, text: str, x: float, y: float, size: float) -> float:
        """One line whose upper edge is at ``y``; the upper edge of the next one."""
        self._pdf.set_font("noto", size=size)
        text = self._drawable(text, "text")
        self._pdf.text(x, y + size / _MM * 1.05, text)
        self._seen(text, x, y + size / _MM * 1.05, size)
        return y + _height(size)

    def _lines(self, text: str, width: float, size: float) -> list[str]:
        """The text in lines of ``width``; what every letter says is broken once."""
        ems = width * _MM / size
        key = (text, round(ems, 3))
        if key not in self._broken:
            if len(self._broken) > 1000:
                self._broken.clear()
            self._broken[key] = lines_of(text, ems, self._width)
        return self._broken[key]

    def _width(self, text: str) -> float:
        """In units of the size of the signs."""
        total = 0.0
        for sign in text:
            if sign not in self._widths:
                self._pdf.set_font("noto", size=100)
                self._widths[sign] = self._pdf.get_string_width(sign) * _MM / 100
            total += self._widths[sign]
        return total

    def _fitting(self, size: float, fits: Callable[[float], bool], field: str) -> float:
        while not fits(size):
            if size <= _SMALLEST:
                self._lost(self._customer_no, field, "", Why.TOO_LONG)
                return size
            size -= 0.5
        return size

    def _drawable(self, text: str, field: str) -> str:
        return drawable(text, self._known, lambda sign, why: self._lost(self._customer_no, field, sign, why))

    def _qr(self, url: str, x: float, y: float) -> None:
        """A QR code as one shape, each run of dark modules in a row a rectangle of it."""
        rows = self._modules(url)
        module = _QR / (len(rows) + 2 * _QUIET) * _MM
        left, top = x * _MM + _QUIET * module, self._pdf.h * _MM - y * _MM - _QUIET * module
        parts = ["0 g"]
        for down, row in enumerate(rows, 1):
            bottom = top - down * module
            for run in _RUNS.finditer(row):
                start, length = left + run.start() * module, len(run[0]) * module
                parts.append(f"{start:.2f} {bottom:.2f} {length:.2f} {module:.2f} re")
        self._pdf._out("\n".join([*parts, "f"]))
        # What the library believes to be set is set again before it fills anything.
        self._pdf.set_fill_color(0)

    def _modules(self, url: str) -> list[bytes]:
        """Rows of bright (0) and dark (1) modules.

        Trying all masks is nine tenths of the work.  Addresses differ in their code alone, so the mask that suits one
        of them is taken for all of its length: any mask can be read, only some look more like a finder pattern.
        """
        import segno

        made = segno.make(url, error="m", micro=False, mask=self._masks.get(len(url)))
        self._masks[len(url)] = made.mask
        return [bytes(row) for row in made.matrix]


def _height(size: float) -> float:
    return size / _MM * _LEADING


def _listed(texts: Sequence[str]) -> list[tuple[str, str]]:
    return [("・", text) for text in texts]
