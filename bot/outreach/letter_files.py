"""From the file of codes to what a printer takes: the letters as PDF, and a table for the bank's own mail merge.

Promise: both are made of the file of codes and the master record alone, so they can be made again at any time; a
hundred thousand letters take the memory of ``PER_FILE`` (the pages lie in numbered files); the files appear together
or not at all, a run that was cut off goes on with the next of them (``letter_parts``), and each time is recorded with
what was written.  No letter is made whose code was revoked since.  Beside them lies the list of what could not be
written as the record has it: customer number, field and code point.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from bot.outreach.letter_codes import BadCodes
from bot.outreach.letter_drawing import DrawnFile, Job, draw_files
from bot.outreach.letter_pages import Letter, Sender, addressee, grouped
from bot.outreach.letter_parts import KeptFiles
from locales import VOICES, language_of
from storage import audit
from storage.cases import load_case
from storage.customers import load_customer
from storage.database import Database
from storage.exports.files import OutputFile, OutputSet, WrittenFile
from storage.exports.spelling import Unmappable
from storage.exports.writers import BLOCK, CsvOutput
from storage.link_codes import find_link_code

#: Letters in one file of pages.
PER_FILE = 1000

MERGE_COLUMNS = (
    *("file", "page", "customer_no", "case_id", "branch_no", "kind", "locale", "postal_code", "address", "addressee"),
    *("code", "code_grouped", "check_number", "line_url", "telegram_url", "expires_on"),
)
UNMAPPABLE_COLUMNS = ("customer_no", "file", "field", "code_point", "reason")
_TYPED = frozenset({"address", "addressee"})


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is to be made of the codes."""

    pdf: Path | None = None
    merge: Path | None = None
    #: Of the table for the mail merge.
    encoding: str = "utf-8-sig"


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What was made."""

    letters: int
    files: tuple[WrittenFile, ...]
    #: What could not be written as it is; the list names each.
    unmappable: int
    #: Of the letters: those whose pages an earlier run had drawn.
    drawn_before: int = 0


@dataclass(frozen=True, kw_only=True)
class _Row:
    case_id: str
    branch_no: str
    letter: Letter
    #: Another letter was made since, or somebody revoked the code.
    is_void: bool


def unmappable_path(wanted: Wanted) -> Path:
    """Where the list of what could not be written lies."""
    first = wanted.pdf or wanted.merge
    assert first is not None
    return first.with_name(f"{first.stem}-unmappable.csv")


def draw_letters(
    database: Database,
    codes: Path,
    wanted: Wanted,
    sender: Sender,
    *,
    default_voice: str,
    actor: str,
    progress: Callable[[int, int], None] = lambda done, total: None,
    per_file: int = PER_FILE,
    workers: int = 1,
) -> Drawn:
    """Make what is wanted of a file of codes; raises ``BadCodes``. Pages need the extra ``pdf``."""
    total = _count(codes)
    files: list[WrittenFile] = []
    with ExitStack() as stack:
        kept = None if wanted.pdf is None else stack.enter_context(KeptFiles(wanted.pdf, sender))
        outputs = stack.enter_context(OutputSet())
        lost = _LostSigns(unmappable_path(wanted), outputs, sender.words(default_voice).text)
        merge = _merge_output(wanted, outputs, lost)
        letters, looked_at = 0, 0

        def tick(more: int) -> None:
            nonlocal looked_at
            looked_at += more
            progress(looked_at, total)

        found = _rows(database, codes, default_voice, lost)
        # Those that are being drawn, until their file comes.
        waiting: deque[list[_Row]] = deque()

        def batches() -> Iterator[list[Letter]]:
            while rows := list(islice(found, per_file)):
                waiting.append(rows)
                yield [row.letter for row in rows]

        several = min(workers, -(-total // per_file))
        job = Job(sender, database.universe.now())
        drawn: Iterator[DrawnFile | None] = (
            draw_files(job, batches(), workers=max(several, 1), tick=tick, kept=kept)
            if wanted.pdf is not None
            else (None for _ in batches())
        )
        for number, file in enumerate(drawn, 1):
            rows = waiting.popleft()
            letters += len(rows)
            place = _numbered(wanted.pdf, number if total > per_file else 0)
            if place is not None and file is not None:
                lost.of_file(place.name, file)
                output = OutputFile(place)
                outputs.add(output)
                output.write(file.pdf)
                files.append(output.finish(len(rows)))
            if merge is not None:
                name = "" if place is None else place.name
                for page, row in enumerate(rows, 1):
                    lost.cell_rows.append(row.letter.customer_no)
                    merge.write(_merge_cells(name, page, row, sender))
        if merge is not None:
            files.append(merge.finish())
        files.append(lost.finish())
        database.run(lambda conn: _record(conn, database, files, letters, actor))
        outputs.publish()
    before = 0 if kept is None else kept.letters
    return Drawn(letters=letters, files=tuple(files), unmappable=lost.count, drawn_before=before)


class _LostSigns:
    """The list of what could not be written; there is one each time, so that an old one never speaks for a new run."""

    def __init__(self, path: Path, outputs: OutputSet, word: Callable[..., str]) -> None:
        self.count = 0
        #: Whose rows the table holds: of those that it has not written yet, at least.
        self.cell_rows = _Tail()
        self._word = word
        plain = [False] * len(UNMAPPABLE_COLUMNS)
        self._list = CsvOutput(path, UNMAPPABLE_COLUMNS, typed=plain, encoding="utf-8-sig", losses=lambda one: None)
        outputs.add(self._list.output)

    def of_file(self, name: str, file: DrawnFile) -> None:
        """What a file of pages lost: a sign, the rest of a text that did not fit, an address that is not there."""
        for customer_no, field, sign, why in file.lost:
            self.count += 1
            code_point = f"U+{ord(sign):04X}" if sign else ""
            words = self._word("letters.no_address" if why is None else f"export.unmappable.{why.value}")
            self._list.write([customer_no, name, field, code_point, words])

    def void(self, customer_no: str, codes: str) -> None:
        """A letter that is not made: its code links nobody any more."""
        self.count += 1
        self._list.write([customer_no, codes, "code", "", self._word("letters.void")])

    def cell(self, one: Unmappable) -> None:
        """A sign that the encoding of the table does not have."""
        self.count += 1
        reason = self._word(f"export.unmappable.{one.reason.value}")
        self._list.write([self.cell_rows.of(one.row), one.file, one.column, one.code_point, reason])

    def finish(self) -> WrittenFile:
        return self._list.finish()


class _Tail:
    """The customer numbers of the last rows of a table; its header is row 1."""

    def __init__(self) -> None:
        self._rows = 1
        self._last: deque[str] = deque(maxlen=BLOCK)

    def append(self, customer_no: str) -> None:
        self._rows += 1
        self._last.append(customer_no)

    def of(self, row: int) -> str:
        return self._last[row - self._rows - 1]


def _merge_output(wanted: Wanted, outputs: OutputSet, lost: _LostSigns) -> CsvOutput | None:
    if wanted.merge is None:
        return None
    typed = [column in _TYPED for column in MERGE_COLUMNS]
    merge = CsvOutput(wanted.merge, MERGE_COLUMNS, typed=typed, encoding=wanted.encoding, losses=lost.cell)
    outputs.add(merge.output)
    return merge


def _merge_cells(file: str, page: int, row: _Row, sender: Sender) -> list[str]:
    letter = row.letter
    return [
        *(file, str(page) if file else "", letter.customer_no, row.case_id, row.branch_no, letter.kind, letter.voice),
        *(letter.postal_code, letter.address, addressee(letter, sender.words(letter.voice))),
        *(letter.code, grouped(letter.code), letter.check_number, letter.line_url, letter.telegram_url),
        letter.expires_on.isoformat(),
    ]


def _numbered(pdf: Path | None, number: int) -> Path | None:
    if pdf is None or not number:
        return pdf
    return pdf.with_name(f"{pdf.stem}-{number:04d}{pdf.suffix}")


def _count(codes: Path) -> int:
    with codes.open(encoding="utf-8-sig", newline="") as file:
        return sum(1 for _ in csv.DictReader(file))


def _rows(database: Database, codes: Path, default_voice: str, lost: _LostSigns) -> Iterator[_Row]:
    """The letters of the file whose codes were not revoked since, a hundred at a time from the store."""
    with codes.open(encoding="utf-8-sig", newline="") as file:
        numbered = enumerate(csv.DictReader(file), 2)
        while some := list(islice(numbered, 100)):
            for row in database.run_read(lambda conn, some=some: _letters(conn, database, some, default_voice)):  # type: ignore[misc]
                if row.is_void:
                    lost.void(row.letter.customer_no, codes.name)
                else:
                    yield row


def _letters(
    conn: Connection, database: Database, some: Sequence[tuple[int, dict[str, str]]], default_voice: str
) -> list[_Row]:
    rows = []
    for line, cells in some:
        try:
            case = load_case(conn, cells["case_id"])
            customer = None if case is None else load_customer(conn, database.vault, case.customer_id)
            link = find_link_code(conn, database.vault, cells["code"])
            if case is None or customer is None or customer.customer_no != cells["customer_no"]:
                raise BadCodes(line)
            if link is None or link.case_id != case.id:
                raise BadCodes(line)
            fields = customer.fields
            letter = Letter(
                customer_no=case.customer_no,
                kind=case.kind,
                postal_code=fields.get("postal_code", ""),
                address=fields.get("address", ""),
                name=fields.get("name", ""),
                code=cells["code"],
                check_number=cells["check_number"],
                line_url=cells["line_url"],
                telegram_url=cells["telegram_url"],
                expires_on=date.fromisoformat(cells["expires_on"]),
                voice=letter_voice(customer.locale, default_voice),
            )
        except (KeyError, ValueError, TypeError):
            raise BadCodes(line) from None
        void = link.state == "revoked"
        rows.append(_Row(case_id=case.id, branch_no=customer.branch_no, letter=letter, is_void=void))
    return rows


def letter_voice(locale: str, default: str) -> str:
    """The voice for a customer's own language; the bank's where it has none."""
    return next((voice for voice in (locale, language_of(locale)) if voice in VOICES), default)


def _record(conn: Connection, database: Database, files: Sequence[WrittenFile], letters: int, actor: str) -> None:
    for one in files:
        audit.record(
            conn,
            database.universe,
            "letter.drawn",
            actor_kind="os_user",
            actor_id=actor,
            subjects={},
            detail={"letters": str(letters), "rows": str(one.rows), "sha256": one.sha256},
        )
