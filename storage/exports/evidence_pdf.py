"""Drawing the evidence of a case as a PDF that looks the same everywhere.

Promise: the font is embedded (only the signs that are used), so nothing depends on the reader's machine; a sign
that the font does not have becomes 〓 and is listed, never an empty box; every page says which JSON it belongs to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from storage.exports.glyphs import drawable, embed, font_file
from storage.exports.spelling import Losses, Unmappable, Why
from storage.exports.tables import Word

NAME = "evidence.pdf"
_LINE = 5.4
_BLUE = (0, 23, 193)
_PALE = (232, 241, 254)
_GREY = (96, 96, 96)

_CASE = (
    *("case_id", "customer_no", "name", "branch_no", "kind", "cause", "reason", "status", "check_number"),
    *("opened_at", "due_on", "next_due_on"),
)
_SUBMISSION = (
    *("receipt_no", "started_at", "submitted_at", "channel", "locale", "answered_by", "questionnaire_id"),
    *("questionnaire_version", "definition_sha256", "answers_sha256"),
)
_ENTRY = (
    *("medium", "scan_no", "said_by", "entry_state", "opened_by", "opened_at", "typed_by", "second_by", "decided"),
    *("ended_by", "ended_at"),
)
#: Columns that hold a code, and where its word is.
_WORDS = {
    **dict.fromkeys(("status", "from_status", "to_status"), "console.case_status"),
    **dict.fromkeys(("decision", "before"), "console.review.standing"),
    "verdict": "console.review.verdict",
    "state": "console.answer_state",
    "medium": "console.channel",
    "said_by": "console.entry.said_by",
    "entry_state": "console.entry.state",
}
#: The tables of the lists: column and share of the width.
_ANSWERS = {"wording": 32, "raw": 22, "display": 23, "state": 10, "at": 21, "by": 8}
_CONSENT = {"wording": 60, "display": 20, "at": 20, "receipt_no": 16}
_RECONCILIATION = {"field": 16, "master": 26, "answer": 26, "verdict": 14, "reason": 26, "decision": 14}
_RECONCILIATION |= {"decided_by": 14, "decided_at": 20}
_DECISIONS = {"field": 20, "before": 16, "decision": 16, "decided_by": 18, "decided_at": 22, "note": 40}
_HISTORY = {"at": 24, "from_status": 18, "to_status": 18, "actor": 24, "reason": 24, "source": 18}


def draw_evidence(
    pack: Mapping[str, Any], sha256: str, *, made_at: datetime, zone: ZoneInfo, word: Word, losses: Losses
) -> bytes:
    """The pages, with times as in ``zone``; ``sha256`` is the digest of the JSON that holds the same."""
    with font_file() as font:
        sheet = _Sheet(font, sha256, made_at, zone, word, losses)
        sheet.title(word("evidence.title"), word("evidence.lead"))
        sheet.facts("", {"program": pack["program"], "made_at": pack["made_at"], "made_by": pack["made_by"]}, None)
        sheet.section("case")
        sheet.facts("case", pack["case"], _CASE)
        sheet.section("consent")
        sheet.table("consent", pack["consent"], _CONSENT)
        for submission in pack["submissions"]:
            sheet.section("submissions")
            sheet.facts("submissions", submission, _SUBMISSION)
            sheet.table("answers", submission["answers"], _ANSWERS)
        for entry in pack["entries"]:
            sheet.section("entries")
            sheet.facts("entries", _named(entry, pack["people"]), _ENTRY)
        for name, columns in (
            ("reconciliation", _RECONCILIATION),
            ("decisions", _DECISIONS),
            ("history", _HISTORY),
        ):
            sheet.section(name)
            sheet.table(name, [_named(row, pack["people"]) for row in pack[name]], columns)
        sheet.section("sha256")
        sheet.facts("sha256", pack["sha256"], None)
        return sheet.done()


def _named(row: Mapping[str, Any], people: Mapping[str, str]) -> dict[str, Any]:
    """The row with logins in place of the ids of staff."""
    shown = dict(row)
    for name in ("decided_by", "actor", "opened_by", "second_by", "ended_by"):
        if name in shown:
            shown[name] = people.get(str(shown[name]).removeprefix("staff:"), shown[name])
    for name in ("typed_by", "decided"):
        if name in shown:
            shown[name] = ", ".join(people.get(one, one) for one in shown[name])
    return shown


class _Sheet:
    """A4 pages that are filled from the top."""

    def __init__(self, font: Path, sha256: str, made_at: datetime, zone: ZoneInfo, word: Word, losses: Losses) -> None:
        from fpdf import FPDF

        note = f"{word('evidence.json_sha256')} {sha256}"

        class Pages(FPDF):
            def footer(self) -> None:
                self.set_y(-14)
                self.set_font("noto", size=6.5)
                self.set_text_color(*_GREY)
                self.cell(0, 5, note)
                self.set_x(self.l_margin)
                self.cell(0, 5, f"{self.page_no()} / {{nb}}", align="R")
                self.set_text_color(0)

        self._zone = zone
        self._word = word
        self._losses = losses
        self._row = 0
        self._pdf = Pages(format="A4")
        self._pdf.set_creation_date(made_at)
        self._pdf.set_title(word("evidence.title"))
        self._pdf.set_lang("ja")
        self._pdf.set_margins(14, 14)
        self._pdf.set_auto_page_break(True, margin=18)
        self._known = embed(self._pdf, font)
        self._pdf.add_page()

    def _fit(self, value: Any, column: str) -> str:
        """The text in signs that the font has."""
        text = value if isinstance(value, str) else "" if value is None else str(value)
        if text and column in _WORDS:
            text = f"{text} {self._word(f'{_WORDS[column]}.{text}')}"
        if text and (column == "at" or column.endswith("_at")):
            text = f"{datetime.fromisoformat(text).astimezone(self._zone):%Y-%m-%d %H:%M:%S}"

        def missing(sign: str, why: Why) -> None:
            place = {"file": NAME, "row": self._row, "column": column}
            self._losses(Unmappable(code_point=f"U+{ord(sign):04X}", reason=why, **place))  # type: ignore[arg-type]

        return drawable(text, self._known, missing)

    def title(self, title: str, lead: str) -> None:
        self._pdf.set_font("noto", size=18)
        self._write(title, 10)
        self._pdf.set_font("noto", size=9)
        self._pdf.set_text_color(*_GREY)
        self._write(lead, _LINE)
        self._pdf.set_text_color(0)
        self._pdf.ln(2)

    def section(self, name: str) -> None:
        # A heading never stands alone at the foot of a page.
        if self._pdf.will_page_break(30):
            self._pdf.add_page()
        self._pdf.ln(4)
        self._pdf.set_font("noto", size=12.5)
        self._pdf.set_text_color(*_BLUE)
        self._write(self._word(f"evidence.part.{name}"), 8)
        self._pdf.set_text_color(0)

    def _write(self, text: str, height: float) -> None:
        from fpdf.enums import WrapMode

        self._pdf.multi_cell(0, height, text, new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR)

    def facts(self, part: str, values: Mapping[str, Any], names: Iterable[str] | None) -> None:
        """Pairs of what and which."""
        rows = []
        for name in names or values:
            title = self._word(f"evidence.part.{name}" if part == "sha256" else f"evidence.column.{name}")
            self._row += 1
            rows.append((title, self._fit(values[name], name)))
        self._draw(None, rows, (24, 76))

    def table(self, part: str, rows: Sequence[Mapping[str, Any]], columns: Mapping[str, int]) -> None:
        if not rows:
            self._pdf.set_font("noto", size=9)
            self._write(self._word("evidence.nothing"), _LINE)
            return
        drawn = []
        for row in rows:
            self._row += 1
            drawn.append(tuple(self._fit(row.get(name, ""), name) for name in columns))
        self._draw([self._word(f"evidence.column.{name}") for name in columns], drawn, tuple(columns.values()))

    def _draw(self, head: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: tuple[int, ...]) -> None:
        from fpdf.fonts import FontFace

        self._pdf.set_font("noto", size=8)
        self._pdf.set_draw_color(190)
        self._pdf.set_line_width(0.15)
        heading = FontFace(fill_color=_PALE, emphasis="")
        with self._pdf.table(
            first_row_as_headings=head is not None,
            headings_style=heading,
            col_widths=widths,
            line_height=4.2,
            padding=1.1,
            text_align="LEFT",
            v_align="TOP",
            wrapmode="CHAR",
        ) as table:
            if head is not None:
                table.row(head)
            for cells in rows:
                row = table.row()
                for at, cell in enumerate(cells):
                    row.cell(cell, style=heading if head is None and at == 0 else None)
        self._pdf.ln(2)

    def done(self) -> bytes:
        return bytes(self._pdf.output())
