"""The evidence of a case: everything that was said and done, with digests, and pages without an empty box."""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from locales import load_catalogue
from storage.audit import list_entries
from storage.cases import Case
from storage.database import Database
from storage.encryption import canonical_json
from storage.export_batches import batch_members
from storage.exports.evidence import NoCase, export_evidence, find_case
from storage.exports.options import Options
from storage.exports.responses import Exported
from storage.reconciliation.worker import Reconciler
from tests.storage.reconciliation.seeding import TARO, add_case, add_customers, answer, publish_form, submit

TOKYO = ZoneInfo("Asia/Tokyo")
WORDS = load_catalogue("ja")

FORM = """
settings: {id: individual, version: "1", title: {ja: 確認}, default_language: ja}
survey:
  - {type: select_one agreed, name: consent, label: {ja: 同意しますか。}}
  - {type: text, name: name, label: {ja: お名前}, bot: {kind: name, compare: name}}
  - {type: text, name: memo, label: {ja: ご意見}}
choices:
  agreed:
    - {name: agree, label: {ja: 同意する}}
"""


def said(name: str, value: str, raw: str, wording: str) -> dict[str, Any]:
    return answer(name, value) | {"raw": raw, "wording": wording, "at": "2026-11-02T09:58:00+09:00", "by": "self"}


ANSWERS = [
    said("consent", "agree", "同意します", "ここまでの内容に同意して、質問に進みますか。"),
    said("name", "𠮷田 葛\U000e0100子", "よしだです　𠮷田葛\U000e0100子", "お名前を漢字で教えてください。"),
    said("memo", "住所は😀 \ud842 ไทย", "=1+1\x07", "ご意見があれば教えてください。" * 12),
]


@pytest.fixture
def case(database: Database) -> Case:
    add_customers(database, TARO)
    opened = add_case(database, "0001")
    submit(database, publish_form(database, FORM), opened, ANSWERS)
    Reconciler(next_due=lambda *_: date(2028, 11, 2), zone=TOKYO).run(database)
    return opened


def export(
    database: Database, case_id: str, out: Path, format: str = "pdf", word: Callable[[str], str] = WORDS.text
) -> Exported:
    return export_evidence(
        database,
        case_id,
        out,
        Options(format=format, encoding="utf-8", zone=TOKYO),
        actor="clerk",
        program="kakunin test",
        word=word,
        reason=lambda one: WORDS.text(f"reconcile.reason.{one.reason}"),
    )


def test_the_pack_holds_every_word_and_the_digest_of_each_part(database: Database, case: Case, tmp_path: Path) -> None:
    done = export(database, case.id, tmp_path / "out")
    body = (tmp_path / "out" / "evidence.json").read_bytes()
    pack = json.loads(body.decode("utf-8", "surrogatepass"))
    for part, digest in pack["sha256"].items():
        assert hashlib.sha256(canonical_json(pack[part])).hexdigest() == digest
    (submission,) = pack["submissions"]
    assert submission["answers"] == ANSWERS
    assert [(one["wording"], one["display"]) for one in pack["consent"]] == [
        ("ここまでの内容に同意して、質問に進みますか。", "agree")
    ]
    assert [(one["field"], one["master"], one["verdict"]) for one in pack["reconciliation"]] == [
        ("name", "髙橋 太郎", "changed")
    ]
    assert [one["to_status"] for one in pack["history"]][:2] == ["10", "20"]
    assert (pack["case"]["customer_no"], pack["made_by"]) == ("0001", "clerk")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [one["name"] for one in manifest["files"]] == ["evidence.json", "evidence.pdf", "unmappable.csv"]
    assert manifest["files"][0]["sha256"] == hashlib.sha256(body).hexdigest() == done.batch.sha256
    assert len(database.run_read(lambda conn: batch_members(conn, done.batch.id))) == 1
    (entry,) = [one for one in database.run_read(list_entries) if one.action == "export.evidence"]
    assert entry.subjects == {"batch": done.batch.id, "case": case.id}


def test_the_pages_carry_their_font_and_no_empty_box(database: Database, case: Case, tmp_path: Path) -> None:
    done = export(database, case.id, tmp_path)
    pdf = (tmp_path / "evidence.pdf").read_bytes()
    assert pdf.startswith(b"%PDF-")
    assert b"/FontFile" in pdf
    assert len(pdf) < 400_000, "only the signs that are used are embedded"
    lines = (tmp_path / "unmappable.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    code_points = set(re.findall(r"U\+[0-9A-F]+", "".join(lines)))
    assert code_points == {"U+E0100", "U+1F600", "U+D842", "U+0E44", "U+0E17", "U+0E22", "U+0007"}
    assert done.unmappable == len(lines)
    # No sign is drawn as the empty box, which is glyph 0 of every font.
    drawn = b"".join(_inflated(pdf))
    assert b"<0000>" not in drawn


def test_the_pages_say_in_words_what_a_code_means(database: Database, case: Case, tmp_path: Path) -> None:
    said: list[str] = []

    def word(key: str) -> str:
        said.append(WORDS.text(key))
        return said[-1]

    export(database, case.id, tmp_path, word=word)
    codes = ("case_status.70", "review.verdict.changed", "answer_state.answered")
    assert {WORDS.text(f"console.{code}") for code in codes} <= set(said)


def _inflated(pdf: bytes) -> list[bytes]:
    found = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return found


def test_without_pages_and_twice_the_same(database: Database, case: Case, tmp_path: Path) -> None:
    export(database, case.id, tmp_path / "1", "json")
    export(database, case.id, tmp_path / "2", "json")
    assert sorted(path.name for path in (tmp_path / "1").iterdir()) == ["evidence.json", "manifest.json"]
    assert (tmp_path / "1" / "evidence.json").read_bytes() == (tmp_path / "2" / "evidence.json").read_bytes()


def test_a_case_is_found_by_itself_or_its_customer(database: Database, case: Case, tmp_path: Path) -> None:
    newer = add_case(database, "0001", cause="event")
    found = {text: database.run_read(lambda conn, text=text: find_case(conn, text)) for text in (case.id, "0001", "9")}  # type: ignore[misc]
    assert found == {case.id: case.id, "0001": newer.id, "9": None}
    with pytest.raises(NoCase):
        export(database, "9", tmp_path)
    assert list(tmp_path.glob("evidence*")) == []
