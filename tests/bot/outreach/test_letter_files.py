"""From codes to pages: files of bounded size that appear together, the table for the mail merge, the list of losses."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest

from bot.outreach.letter_codes import BadCodes
from bot.outreach.letter_files import MERGE_COLUMNS, Drawn, Wanted, draw_letters
from bot.outreach.letter_pages import Sender
from bot.outreach.letters import Channels, make_letters
from locales import load_catalogue
from storage.audit import list_entries
from storage.database import Database
from tests.bot.outreach.printed import printed
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers

SENDER = Sender(
    bank_name="サンプル銀行",
    bank_phone="0120-000-000",
    today=date(2026, 11, 2),
    window=(20, 12, 90, 45),
    words=load_catalogue,
)
ADDRESS = {"postal_code": "1000001"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Apart from the store."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def seed(database: Database, folder: Path, *customers: dict[str, str]) -> list[dict[str, str]]:
    """Customers with a case each, and the file of their codes."""
    add_customers(database, *(TARO | ADDRESS | one for one in customers))
    for one in customers:
        add_case(database, one["customer_no"])
    channels = Channels(line_basic_id="@bank", telegram_username="bank_bot")
    make_letters(database, folder / "codes.csv", channels=channels, expires_on=date(2027, 1, 31), actor="clerk")
    return rows(folder / "codes.csv")


def rows(path: Path, encoding: str = "utf-8-sig") -> list[dict[str, str]]:
    with path.open(encoding=encoding, newline="") as file:
        return list(csv.DictReader(file))


def draw(database: Database, folder: Path, *, encoding: str = "utf-8-sig", per_file: int = 1000) -> Drawn:
    wanted = Wanted(pdf=folder / "letters.pdf", merge=folder / "merge.csv", encoding=encoding)
    codes = folder / "codes.csv"
    return draw_letters(database, codes, wanted, SENDER, default_voice="ja", actor="clerk", per_file=per_file)


def names(folder: Path) -> Sequence[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != "codes.csv")


@pytest.mark.slow
def test_a_page_a_letter_in_numbered_files_with_their_rows(database: Database, folder: Path) -> None:
    customers = [
        {"customer_no": f"000{at}", "locale": voice} for at, voice in enumerate(("ja", "en", "ja_easy", "fr", ""))
    ]
    codes = seed(database, folder, *customers)
    done = draw(database, folder, per_file=2)
    files = ["letters-0001.pdf", "letters-0002.pdf", "letters-0003.pdf"]
    assert names(folder) == [*files, "letters-unmappable.csv", "merge.csv"]
    assert [one.name for one in done.files] == [*files, "merge.csv", "letters-unmappable.csv"]
    assert (done.letters, done.unmappable) == (5, 0)
    found = [page.codes(at) for page in printed(folder, "*.pdf") for at in range(len(page))]
    assert found == [[row["line_url"], row["telegram_url"]] for row in codes]
    merged = rows(folder / "merge.csv")
    assert tuple(merged[0]) == MERGE_COLUMNS
    assert [(row["file"], row["page"], row["code"]) for row in merged] == [
        (files[at // 2], str(at % 2 + 1), row["code"]) for at, row in enumerate(codes)
    ]
    # Whose language there is no voice for is written to in the bank's.
    assert [row["locale"] for row in merged] == ["ja", "en", "ja_easy", "ja", "ja"]
    assert (merged[0]["addressee"], merged[0]["postal_code"]) == ("髙橋 太郎 様", "1000001")
    assert all((folder / name).stat().st_mode & 0o777 == 0o600 for name in names(folder))
    entries = [one for one in database.run_read(list_entries) if one.action == "letter.drawn"]
    assert {one.detail["sha256"] for one in entries} == {one.sha256 for one in done.files}
    assert not any(row["code"] in str(entry) for row in codes for entry in entries)


@pytest.mark.slow
def test_several_processes_draw_the_same_files(sqlite_database: Database, folder: Path) -> None:
    names_of = ("見本 太郎", "𠮷田 😀", "山田 花子", "山田 次郎", "葛\U000e0100城")
    customers = [{"customer_no": f"000{at}", "name": name} for at, name in enumerate(names_of)]
    seed(sqlite_database, folder, *customers, {"customer_no": "0009", "address": ""})
    alone = draw(sqlite_database, folder, per_file=2)
    before = (folder / "letters-unmappable.csv").read_bytes()
    heard: list[int] = []
    wanted = Wanted(pdf=folder / "letters.pdf", merge=folder / "merge.csv", encoding="utf-8-sig")
    together = draw_letters(
        sqlite_database, folder / "codes.csv", wanted, SENDER, default_voice="ja", actor="clerk", per_file=2,
        workers=2, progress=lambda done, total: heard.append(done),
    )  # fmt: skip
    assert [(one.name, one.rows) for one in together.files] == [(one.name, one.rows) for one in alone.files]
    assert [page.codes(at) for page in printed(folder, "*.pdf") for at in range(len(page))]
    assert (folder / "letters-unmappable.csv").read_bytes() == before
    assert together.unmappable == alone.unmappable == 3
    assert heard == [2, 4, 6]


@pytest.mark.slow
def test_made_again_they_are_the_same(sqlite_database: Database, folder: Path) -> None:
    seed(sqlite_database, folder, {"customer_no": "0001"}, {"customer_no": "0002"})
    first = draw(sqlite_database, folder)
    assert names(folder) == ["letters-unmappable.csv", "letters.pdf", "merge.csv"]
    again = draw(sqlite_database, folder)
    assert [(one.name, one.rows) for one in again.files] == [(one.name, one.rows) for one in first.files]
    # The clock has gone on, and the day on which a PDF was made stands in it.
    assert [one.sha256 for one in again.files][1:] == [one.sha256 for one in first.files][1:]


@pytest.mark.slow
def test_what_cannot_be_written_is_listed_by_customer(sqlite_database: Database, folder: Path) -> None:
    plain = [{"customer_no": f"1{at:03}"} for at in range(70)]
    odd = {"customer_no": "0001", "name": "𠮷田 😀", "address": ""}
    seed(sqlite_database, folder, odd, *plain, {"customer_no": "2000", "name": "葛\U000e0100城"})
    done = draw(sqlite_database, folder, encoding="cp932")
    listed = [
        (row["customer_no"], row["file"], row["field"], row["code_point"])
        for row in rows(folder / "letters-unmappable.csv")
    ]
    assert sorted(listed) == sorted(
        [
            ("0001", "letters.pdf", "address", ""),
            ("0001", "letters.pdf", "name", "U+1F600"),
            ("0001", "merge.csv", "addressee", "U+20BB7"),
            ("0001", "merge.csv", "addressee", "U+1F600"),
            ("2000", "letters.pdf", "name", "U+E0100"),
            ("2000", "merge.csv", "addressee", "U+E0100"),
        ]
    )
    assert done.unmappable == 6
    merged = rows(folder / "merge.csv", "cp932")
    assert {row["customer_no"]: row["addressee"] for row in merged if "〓" in row["addressee"]} == {
        "0001": "〓田 〓 様"
    }


@pytest.mark.parametrize(
    "line",
    ['"0001","no-such-case","A","1","","","2027-01-31"', '"0009","{case}","A","1","","","2027-01-31"', '"0001"'],
)
def test_a_file_that_is_none_of_codes_leaves_nothing(sqlite_database: Database, folder: Path, line: str) -> None:
    (row,) = seed(sqlite_database, folder, {"customer_no": "0001"})
    with (folder / "codes.csv").open("a", encoding="utf-8") as file:
        file.write(line.replace("{case}", row["case_id"]) + "\r\n")
    with pytest.raises(BadCodes) as refused:
        draw(sqlite_database, folder)
    assert refused.value.line == 3
    assert names(folder) == []
    assert "letter.drawn" not in {entry.action for entry in sqlite_database.run_read(list_entries)}
