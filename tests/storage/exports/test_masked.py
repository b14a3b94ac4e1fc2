"""Without an approval an export gives out masked values: nothing that a person typed is in any of its files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.outreach.cadence import due_on
from locales import load_catalogue
from storage.audit import list_entries
from storage.database import Database
from storage.exports.responses import Options, export_responses
from storage.reconciliation.worker import Reconciler
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, answer, publish_form, submit

TOKYO = ZoneInfo("Asia/Tokyo")

FORM = """
settings: {id: individual, version: "1", title: {ja: 確認}, default_language: ja}
survey:
  - {type: text, name: full_name, label: {ja: お名前}, bot: {kind: name}}
  - {type: text, name: kana, label: {ja: カナ}, bot: {kind: kana}}
  - {type: text, name: postal, label: {ja: 郵便番号}, bot: {kind: postal_code}}
  - {type: text, name: address, label: {ja: ご住所}, bot: {kind: address}}
  - {type: text, name: phone, label: {ja: 電話}, bot: {kind: phone}}
  - {type: text, name: email, label: {ja: メール}, bot: {kind: email}}
  - {type: text, name: card, label: {ja: 在留カード}, bot: {kind: residence_card}}
  - {type: text, name: company, label: {ja: 法人番号}, bot: {kind: corporate_number}}
  - {type: text, name: pay, label: {ja: 月額}, bot: {kind: amount}}
  - {type: text, name: memo, label: {ja: ご意見}}
  - {type: date, name: until, label: {ja: 在留期限}}
  - {type: integer, name: times, label: {ja: 回数}}
  - {type: decimal, name: share, label: {ja: 割合}}
  - {type: select_one jobs, name: job, label: {ja: ご職業}}
  - {type: begin_repeat, name: owners, label: {ja: 実質的支配者}, bot: {max_repeats: "2"}}
  - {type: text, name: owner, label: {ja: お名前}, bot: {kind: name}}
  - {type: end_repeat, name: owners}
choices:
  jobs:
    - {name: employee, label: {ja: 会社員}}
    - {name: student, label: {ja: 学生}}
"""

#: What a person typed, each in no other place.
TYPED = {
    ("full_name", 0): "勅使河原 美津子",
    ("kana", 0): "テシガワラ ミツコ",
    ("postal", 0): "9071435",
    ("address", 0): "沖縄県八重山郡竹富町字南風見201番地",
    ("phone", 0): "09087654321",
    ("email", 0): "mitsuko.t@mail.example",
    ("card", 0): "ZX98765432QP",
    ("company", 0): "7010001234567",
    ("pay", 0): "1234567",
    ("memo", 0): "夫と別居しました",
    ("until", 0): "2031-07-19",
    ("times", 0): "48213",
    ("share", 0): "73.9187",
    ("owner", 1): "勅使河原 源三郎",
    ("owner", 2): "テシガワラ アンナ",
}

NUMBERS = {("times", 0), ("share", 0)}


@pytest.fixture
def database(sqlite_database: Database) -> Database:
    """One response in which everything is typed."""
    add_customers(sqlite_database, TARO)
    form = publish_form(sqlite_database, FORM)
    answers = [answer(name, value, instance=instance) for (name, instance), value in TYPED.items()]
    submit(sqlite_database, form, add_case(sqlite_database, "0001"), [*answers, answer("job", "employee")])
    assert Reconciler(next_due=due_on, zone=TOKYO).run(sqlite_database).submissions == 1
    return sqlite_database


def taken_out(database: Database, folder: Path) -> dict[str, bytes]:
    """The files of a masked export, by name."""
    options = Options(zone=TOKYO, masked=True)
    word = load_catalogue("ja").text
    export_responses(database, folder, options, actor="kato", actor_kind="staff", program="kakunin test", word=word)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def spellings(value: str) -> Iterator[bytes]:
    """The value as somebody would write it; the parts of a name are values of their own."""
    yield value.encode()
    yield json.dumps(value).strip('"').encode()
    yield value.replace(" ", "").encode()
    yield value.replace("-", "").encode()


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def shown(files: dict[str, bytes], places: set[tuple[str, int]]) -> set[tuple[str, int]]:
    """The places whose value can be read somewhere in the archive."""
    return {
        place
        for place in places
        if any(spelling in data for spelling in spellings(TYPED[place]) for data in files.values())
    }


def test_no_typed_value_is_in_any_file(database: Database, tmp_path: Path) -> None:
    files = taken_out(database, tmp_path / "out")
    assert files.keys() == {"responses.csv", "codebook.csv", "manifest.json"}
    assert shown(files, TYPED.keys() - NUMBERS) == set()


def test_no_typed_number_is_in_any_file(database: Database, tmp_path: Path) -> None:
    assert shown(taken_out(database, tmp_path / "out"), NUMBERS) == set()


def test_codes_states_and_numbers_of_the_case_stay(database: Database, tmp_path: Path) -> None:
    (row,) = rows(taken_out(database, tmp_path / "out")["responses.csv"])
    assert (row["customer_no"], row["kind"], row["channel"]) == ("0001", "individual", "line")
    assert (row["job"], row["job__label"], row["job__state"]) == ("employee", "会社員", "answered")
    typed = [name if not instance else f"{name}__{instance}" for name, instance in TYPED]
    # There is something in each place, so that a reader sees that it was answered.
    assert all(row[name] and row[f"{name}__state"] == "answered" for name in typed)


def test_the_manifest_says_that_values_are_masked(database: Database, tmp_path: Path) -> None:
    files = taken_out(database, tmp_path / "out")
    manifest = json.loads(files["manifest.json"])
    assert manifest["filter"]["values"] == "masked"
    entries = [entry for entry in database.run_read(list_entries) if entry.action == "export.responses"]
    assert [(entry.actor_id, entry.detail["values"]) for entry in entries] == [("kato", "masked")]


def test_the_command_line_writes_them_in_full(database: Database, tmp_path: Path) -> None:
    words = load_catalogue("ja")
    export_responses(
        database,
        tmp_path / "full",
        Options(zone=TOKYO),
        actor="clerk",
        program="kakunin test",
        word=words.text,
    )
    # The same scanner finds everything where nothing is hidden.
    assert shown({"responses.csv": (tmp_path / "full" / "responses.csv").read_bytes()}, set(TYPED)) == set(TYPED)
    (row,) = rows((tmp_path / "full" / "responses.csv").read_bytes())
    for (name, instance), value in TYPED.items():
        assert row[f"{name}__{instance}" if instance else name] == value
    assert json.loads((tmp_path / "full" / "manifest.json").read_bytes())["filter"]["values"] == "full"
