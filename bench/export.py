"""Exporting responses beside the least that it can take: opening the sealed answers and a csv.writer.

Promise: both read the same rows of the same store, each in a process of its own, and write 40 columns to a file;
the export also reads who, when and how it was reviewed, records what it carried, and proves what it wrote.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.runs import Row
from bench.stores import KEYS, open_store
from dialogs.definition.yaml_format import canonical_source, read_canonical
from storage.encryption import Keyring
from storage.exports.columns import FIXED_COLUMNS, columns_of
from storage.exports.responses import Options, export_responses
from storage.publishing import publish

#: With the fixed columns 40.
_FORM = """
settings: {id: individual, version: "1", title: {ja: 確認}, default_language: ja}
survey:
  - {type: text, name: name, label: {ja: お名前を教えてください。}, bot: {kind: name}}
  - {type: text, name: address, label: {ja: ご住所を教えてください。}, bot: {kind: address}}
  - {type: text, name: phone, label: {ja: お電話番号を教えてください。}, bot: {kind: phone}}
  - {type: text, name: employer, label: {ja: お勤め先を教えてください。}}
  - {type: text, name: amount, label: {ja: 毎月のお取引はどのくらいですか。}, bot: {kind: amount}}
  - {type: select_one jobs, name: job, label: {ja: ご職業はどれですか。}}
  - {type: select_one yes_no, name: pep, label: {ja: 外国の重要な公的地位にありますか。}}
  - {type: select_multiple aims, name: aims, label: {ja: お取引の目的はどれですか。}}
choices:
  jobs:
    - {name: employee, label: {ja: 会社員}}
    - {name: student, label: {ja: 学生}}
  yes_no:
    - {name: "yes", label: {ja: はい}}
    - {name: "no", label: {ja: いいえ}}
  aims:
    - {name: salary, label: {ja: 給与受取}}
    - {name: saving, label: {ja: 貯蓄}}
    - {name: bills, label: {ja: 公共料金}}
"""
_VALUES = {
    "name": "山田 太郎",
    "address": "東京都千代田区千代田1丁目1番1号 パレスハイツ203",
    "phone": "09012345678",
    "employer": "株式会社東京商店",
    "amount": "300000",
    "job": "employee",
    "pep": "no",
    "aims": "salary saving",
}
_THEN = "2026-10-01 01:00:00.000000"
_AT_ONCE = 5_000
_MOVES = ("20", "25", "40", "60", "65", "66", "75")


def export_rows(scratch: Path, count: int) -> Iterator[Row]:
    """The rows of the report: the floor, and the export in two formats with how many times as long each took."""
    folder = scratch / f"export-{count}"
    store = folder / "bank.db"
    if not (folder / "made").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        _make(store, count)
        (folder / "made").touch()
    floor = _run("floor", store, folder / "out")
    yield _row("floor", f"sealed JSON and csv.writer, {count:,} x 40", floor, count)
    for piece, what in (("export", "export responses"), ("parquet", "the same as Parquet")):
        ours = _run(piece, store, folder / "out")
        row = _row(piece, f"{what}, {count:,} x 40", ours, count)
        row.note = f"{ours['seconds'] / floor['seconds']:.2f} x the floor"
        yield row


def _row(piece: str, what: str, found: dict[str, float], count: int) -> Row:
    return Row(
        piece,
        what,
        round(count / found["seconds"], 1),
        cpu={piece: round(found["cpu"] / count * 1000, 4)},
        memory={piece: {"rss": found["rss"], "pss": found["rss"]}},
    )


def _run(what: str, store: Path, out: Path) -> dict[str, float]:
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    words = [sys.executable, "-m", "bench.export", what, str(store), str(out)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


# The store --------------------------------------------------------------------------------------


def _make(path: Path, count: int) -> None:
    """Customers with one reviewed response each; written past the service, sealed by it."""
    body = canonical_source(_FORM, origin="bench")
    form = read_canonical(body)
    assert len(FIXED_COLUMNS) + len(columns_of([form])) == 40
    with open_store(f"sqlite:///{path}", migrate=True, synchronous="normal") as database:
        place = {"kind": "questionnaire", "name": form.id, "locale": None, "version": form.version, "actor": "bench"}
        uni = database.universe
        database.run(lambda conn: publish(conn, uni, body=body, sha256=form.sha256, **place))  # type: ignore[arg-type]
        seal = database.vault.seal
        connection = sqlite3.connect(path, isolation_level=None)
        answers = [_answer(name, value) for name, value in _VALUES.items()]
        connection.execute("UPDATE master_current SET seq = 1")
        for low in range(1, count + 1, _AT_ONCE):
            connection.execute("BEGIN")
            for number in range(low, min(low + _AT_ONCE, count + 1)):
                _add(connection, number, seal, answers, form.sha256)
            connection.execute("COMMIT")
        connection.execute("INSERT OR REPLACE INTO counter (name, value) VALUES ('submission.completed', ?)", (count,))
        connection.execute("ANALYZE")
        connection.close()


def _answer(name: str, value: str) -> dict[str, object]:
    shown = (
        "ご登録の内容をご確認ください。変わっていなければ「変わりない」を、変わっていれば新しい内容を送ってください。"
    )
    return {
        **{"name": name, "instance": 0, "value": value, "display": value, "state": "answered", "marked": False},
        **{"raw": value, "wording": shown, "choices": ["はい", "いいえ"], "locale": "ja"},
        **{"at": "2026-10-01T10:00:00+09:00", "by": "self"},
    }


def _add(connection: sqlite3.Connection, number: int, seal, answers: list[dict[str, object]], form: str) -> None:  # type: ignore[no-untyped-def]
    def key(kind: int) -> str:
        return f"0199a000-{kind:04x}-7000-8000-{number:012x}"

    customer, case, submission = key(1), key(2), key(3)
    connection.execute("INSERT INTO customer VALUES (?, ?, ?, NULL)", (customer, f"{number:08d}", _THEN))
    record = {"id": key(4), "customer_id": customer, "seq": 1, "row_digest": bytes(32), "branch_no": "001"}
    record |= {"kind": "individual", "risk_rating": "low", "locale": "ja", "sealed": b"-"}
    _insert(connection, "master_record", record)
    review = {"id": case, "customer_id": customer, "kind": "individual", "cause": "periodic", "reason": "cycle"}
    review |= {"status": "75", "check_number": "1234", "opened_at": _THEN, "due_on": "2026-11-30"}
    _insert(connection, "review_case", review | {"questionnaire_id": "individual", "next_due_on": "2028-10-01"})
    for place, (before, after) in enumerate(zip(("10", *_MOVES), _MOVES, strict=False)):
        move = {"id": key(16 + place), "case_id": case, "from_status": before, "to_status": after, "at": _THEN}
        _insert(connection, "case_transition", move | {"actor": "system", "reason": "test"})
    sealed = seal("submission", submission, {"receipt_no": f"{number:08d}", "answers": answers})
    row = {"id": submission, "case_id": case, "customer_id": customer, "conversation_id": key(5)}
    row |= {"receipt_digest": number.to_bytes(32, "big"), "started_at": _THEN, "submitted_at": _THEN}
    row |= {"answered_by": "self", "channel": "line", "locale": "ja", "questionnaire_id": "individual"}
    row |= {"questionnaire_version": "1", "questionnaire_sha256": form, "completed_seq": number}
    _insert(connection, "submission", row | {"reconciled_at": _THEN, "sealed": sealed})


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    names = ", ".join(row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


# The runs ---------------------------------------------------------------------------------------


def _floor(store: Path, out: Path) -> None:
    keyring = Keyring.parse(KEYS)
    clear = (
        "case_id",
        "customer_id",
        "channel",
        "locale",
        "started_at",
        "submitted_at",
        "answered_by",
        "completed_seq",
    )
    clear += ("questionnaire_id", "questionnaire_version", "questionnaire_sha256", "conversation_id", "reconciled_at")
    connection = sqlite3.connect(store)
    rows = connection.execute(f"SELECT id, sealed, {', '.join(clear)} FROM submission ORDER BY completed_seq")
    with (out / "floor.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL)
        for submission_id, sealed, *cells in rows:
            opened = keyring.open("submission", submission_id, sealed)
            row = [submission_id, opened["receipt_no"], *cells, "", "", ""]
            for answer in opened["answers"]:
                row += (answer["value"], answer["state"])
                if answer["name"] in ("job", "pep"):
                    row.append(answer["display"])
                elif answer["name"] == "aims":
                    row += (answer["display"], "1", "1", "0")
            writer.writerow(row)


def _export(store: Path, out: Path, format: str = "csv") -> None:
    with open_store(f"sqlite:///{store}", migrate=True) as database:
        export_responses(database, out, Options(format=format), actor="bench", program="bench", word=str)


def main() -> None:
    """One of the runs in this process; what it took as JSON."""
    what, store, out = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    began, used = time.perf_counter(), time.process_time()
    {"floor": _floor, "export": _export, "parquet": partial(_export, format="parquet")}[what](store, out)
    found = {"seconds": time.perf_counter() - began, "cpu": time.process_time() - used}
    # Not what getrusage says: that begins with the peak of the process that started this one.
    peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    found["rss"] = int(peak[1]) / 1024 if peak is not None else 0.0
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
