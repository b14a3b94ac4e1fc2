"""A run that was cut off in the middle of a hundred thousand letters goes on where it was; no case has two codes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.outreach import letter_files, letters
from bot.outreach.letter_codes import BadCodes, CodesFile, InUse
from bot.outreach.letter_drawing import DrawnFile
from bot.outreach.letter_files import Drawn, Wanted, draw_letters
from bot.outreach.letter_pages import Letter
from storage.cases import CaseStatus, list_cases
from storage.database import Database
from storage.link_codes import find_link_code
from tests.bot.outreach.test_letter_files import ADDRESS, SENDER
from tests.bot.outreach.test_opening_and_letters import customer, make, rows
from tests.storage.reconciliation.seeding import add_case, add_customers

NUMBERS = [f"{number:04}" for number in range(1, 8)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


@pytest.fixture
def waiting(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Seven customers who wait for their letter, two to a transaction."""
    monkeypatch.setattr(letters, "BATCH", 2)
    add_customers(database, *(customer(number, **ADDRESS) for number in NUMBERS))
    for number in NUMBERS:
        add_case(database, number)
    return database


class Killed(BaseException):
    """Nothing of the program runs any more."""


def killed(database: Database, out: Path, monkeypatch: pytest.MonkeyPatch, *, at: str) -> None:
    """A run that dies in its second transaction: before its commit, or after it."""
    real, calls = database.run_piece, []

    def piece(deed: Any) -> Any:
        calls.append(1)
        if len(calls) < 2:
            return real(deed)
        if at == "after_commit":
            real(deed)
            raise Killed

        def then_die(conn: Any) -> None:
            deed(conn)
            raise Killed

        return real(then_die)

    with monkeypatch.context() as patched:
        patched.setattr(database, "run_piece", piece)
        # A process that is killed tidies nothing up.
        patched.setattr(letters, "_save", lambda database, codes: codes._file.close())
        with pytest.raises(Killed):
            make(database, out)


def resume(database: Database, out: Path) -> int:
    return letters.make_letters(
        database, out, channels=letters.Channels(), expires_on=SENDER.today, actor="clerk", resume=True
    )


def state(database: Database, code: str) -> str:
    link = database.run_read(lambda conn: find_link_code(conn, database.vault, code))
    assert link is not None
    return link.state


@pytest.mark.parametrize(("at", "left"), [("before_commit", 5), ("after_commit", 3)])
def test_a_killed_run_is_gone_on_with_and_every_code_of_the_file_works(
    waiting: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, at: str, left: int
) -> None:
    out = folder / "codes.csv"
    killed(waiting, out, monkeypatch, at=at)
    part = folder / "codes.csv.part"
    with part.open("ab") as file:
        file.write(b'"0003","half a li')
    # Never begun anew over it: its codes are in no other file.
    with pytest.raises(FileExistsError):
        make(waiting, out)
    assert resume(waiting, out) == left
    found = list(rows(out))
    assert sorted(row["customer_no"] for row in found) == NUMBERS
    assert {state(waiting, row["code"]) for row in found} == {"active"}
    assert {case.status for case in waiting.run_read(list_cases)} == {CaseStatus.SENT}
    assert [path.name for path in folder.iterdir()] == ["codes.csv"]
    # Once more there is nothing to do, and nothing of it is lost.
    before = out.read_bytes()
    assert resume(waiting, out) == 0
    assert out.read_bytes() == before


def test_a_letter_again_that_was_cut_off_is_made_once(waiting: Database, folder: Path) -> None:
    make(waiting, folder / "first.csv")
    ids = [case.customer_id for case in waiting.run_read(list_cases)]

    def again(out: Path, customer_ids: Sequence[str], **more: bool) -> int:
        return letters.make_letters(
            waiting,
            out,
            channels=letters.Channels(),
            expires_on=SENDER.today,
            actor="clerk",
            again_for=customer_ids,
            **more,
        )

    out = folder / "again.csv"
    assert again(out, ids[:3]) == 3
    (kept, *_) = rows(out)
    # One of them got yet another letter: the one in the file is void, so he stands in it twice.
    assert again(folder / "other.csv", ids[1:2]) == 1
    assert again(out, ids, resume=True) == 5
    found = [row["customer_no"] for row in rows(out)]
    assert sorted(found) == sorted([*NUMBERS, NUMBERS[1]])
    assert state(waiting, kept["code"]) == "active"


def test_a_failure_whose_commit_went_through_loses_no_code(
    waiting: Database, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line to the store is cut after the commit and before its answer."""
    real, calls = waiting.run_piece, []

    def piece(deed: Any) -> Any:
        done = real(deed)
        calls.append(1)
        if len(calls) == 2:
            raise OSError("connection lost")
        return done

    monkeypatch.setattr(waiting, "run_piece", piece)
    with pytest.raises(OSError, match="connection lost"):
        make(waiting, folder / "codes.csv")
    sent = [case.customer_no for case in waiting.run_read(list_cases) if case.status is CaseStatus.SENT]
    assert [row["customer_no"] for row in rows(folder / "codes.csv")] == sent
    assert len(sent) == 4


def test_a_file_of_another_store_is_left_as_it_is(waiting: Database, folder: Path) -> None:
    out = folder / "codes.csv"
    make(waiting, out)
    lines = out.read_bytes().splitlines(keepends=True)
    foreign = [line.replace(b'"000', b'"900').replace(row["code"].encode(), b"AAAABBBBCCCC")
               for line, row in zip(lines[1:], rows(out), strict=True)]  # fmt: skip
    for content in (b"".join([lines[0], *foreign]), b"".join([*lines, *foreign]), b"name\r\nx\r\n"):
        out.write_bytes(content)
        with pytest.raises(BadCodes):
            resume(waiting, out)
        assert out.read_bytes() == content
        assert [path.name for path in folder.iterdir()] == ["codes.csv"]


def test_nobody_writes_a_file_that_somebody_is_writing(waiting: Database, folder: Path) -> None:
    out = folder / "codes.csv"
    first = CodesFile(out, resume=False)
    with pytest.raises(InUse):
        CodesFile(out, resume=True)
    first.discard()
    with pytest.raises(FileNotFoundError):
        CodesFile(out, resume=True)


# The pages --------------------------------------------------------------------------------------


@pytest.fixture
def pencil(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is drawn, a file at a time: a line a letter in the place of a page."""
    drawn: list[list[str]] = []

    def draw_file(job: object, found: Sequence[Letter], tick: Any = None) -> DrawnFile:
        drawn.append([letter.customer_no for letter in found])
        lost = tuple((letter.customer_no, "name", "髙", None) for letter in found[:1])
        return DrawnFile("\n".join(letter.address + letter.code for letter in found).encode(), lost)

    monkeypatch.setattr("bot.outreach.letter_drawing.draw_file", draw_file)
    return drawn


def draw(database: Database, folder: Path, sender: Any = SENDER) -> Drawn:
    wanted = Wanted(pdf=folder / "letters.pdf", merge=folder / "merge.csv")
    return draw_letters(database, folder / "codes.csv", wanted, sender, default_voice="ja", actor="clerk", per_file=2)


def cut_off(database: Database, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full when three of four files are drawn."""
    with monkeypatch.context() as patched:
        real, calls = letter_files._merge_cells, []

        def full(*arguments: Any) -> list[str]:
            calls.append(1)
            if len(calls) == 7:
                raise OSError("no space left")
            return real(*arguments)

        patched.setattr(letter_files, "_merge_cells", full)
        with pytest.raises(OSError, match="no space left"):
            draw(database, folder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_pages_that_were_drawn_are_not_drawn_again(
    waiting: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, pencil: list[list[str]]
) -> None:
    make(waiting, folder / "codes.csv")
    draw(waiting, folder)
    whole = contents(folder)
    for name in whole.keys() - {"codes.csv"}:
        (folder / name).unlink()
    pencil.clear()
    cut_off(waiting, folder, monkeypatch)
    assert sorted(contents(folder)) == ["codes.csv"]
    kept = folder / "letters.pdf.parts"
    assert kept.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in kept.iterdir())
    # One of the kept files was damaged since.
    (kept / "0002.pdf").write_bytes(b"half")
    drawn = len(pencil)
    done = draw(waiting, folder)
    assert pencil[drawn:] == [["0003", "0004"]]
    assert (done.letters, done.drawn_before, done.unmappable) == (7, 5, 4)
    assert contents(folder) == whole
    assert not kept.exists()


@pytest.mark.parametrize("change", ["address", "code", "sender", "later"])
def test_pages_of_something_else_are_drawn_anew(
    waiting: Database, folder: Path, monkeypatch: pytest.MonkeyPatch, pencil: list[list[str]], change: str
) -> None:
    from dataclasses import replace
    from datetime import timedelta

    make(waiting, folder / "codes.csv")
    cut_off(waiting, folder, monkeypatch)
    sender, again = SENDER, [["0001", "0002"]]
    if change == "address":
        add_customers(waiting, *(customer(no, **ADDRESS, address="大阪" if no == "0001" else "堺") for no in NUMBERS))
        again = [NUMBERS[at : at + 2] for at in range(0, 7, 2)]
    elif change == "code":
        # His letter is void, so all that come after him lie elsewhere.
        case = next(case for case in waiting.run_read(list_cases) if case.customer_no == "0001")
        letters.revoke_codes(waiting, case.customer_id, actor="clerk")
        again = [NUMBERS[at : at + 2] for at in range(1, 7, 2)]
    else:
        more = {"bank_name": "別の銀行"} if change == "sender" else {"today": SENDER.today + timedelta(days=2)}
        sender = replace(SENDER, **more)  # type: ignore[arg-type]
        again = [NUMBERS[at : at + 2] for at in range(0, 7, 2)]
    pencil.clear()
    done = draw(waiting, folder, sender)
    assert pencil == again
    assert done.drawn_before == 0
    with (folder / "letters-unmappable.csv").open(encoding="utf-8-sig", newline="") as file:
        void = [row["customer_no"] for row in csv.DictReader(file) if row["field"] == "code"]
    assert void == (["0001"] if change == "code" else [])


def test_two_who_draw_the_same_file_do_not_meet(waiting: Database, folder: Path, pencil: list[list[str]]) -> None:
    from bot.outreach.letter_parts import KeptFiles

    make(waiting, folder / "codes.csv")
    with KeptFiles(folder / "letters.pdf", SENDER), pytest.raises(InUse):
        draw(waiting, folder)
    assert draw(waiting, folder).letters == 7
