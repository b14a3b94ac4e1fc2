"""A workbook made for another program, laid into the bank's folder: published, asked, submitted and exported."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from bot.content_sources import publish_all
from locales import load_catalogue
from storage.exports.responses import Options, export_responses
from storage.reconciliation.worker import Reconciler
from tests.e2e.house import House

MORI = "0000124"
SURVEY = (
    ("type", "name", "label", "required", "relevant", "bot::prefill", "bot::compare", "bot::kind"),
    ("start", "start", None, None, None, None, None, None),
    ("note", "hello", "本日はありがとうございます。", None, None, None, None, None),
    ("text", "address", "ご住所", "yes", None, "address", "address", "address"),
    ("select one from yn", "moved", "この1年で引っ越しましたか", "TRUE", None, None, None, None),
    ("int", "times", "何回ですか", "yes", "${moved} = 'y'", None, None, None),
    ("select all that apply from ways", "ways", "よく使うもの", "yes", None, None, None, None),
)
CHOICES = (
    ("list name", "name", "label"),
    ("yn", "y", "はい"), ("yn", "n", "いいえ"),
    ("ways", "app", "アプリ"), ("ways", "atm", "ATM"), ("ways", "counter", "窓口"),
)  # fmt: skip


def workbook() -> bytes:
    """Without settings: its name is that of its file."""
    book, out = Workbook(), io.BytesIO()
    book.remove(book.worksheets[0])
    for name, rows in (("survey", SURVEY), ("choices", CHOICES)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("channel", ["line", "telegram"])
async def test_it_takes_the_place_of_the_shipped_form(house: House, channel: str, tmp_path: Path) -> None:
    folder = tmp_path / "own" / "questionnaires"
    folder.mkdir(parents=True)
    # As other programs hand it out: an old name, and in capitals.
    (folder / "individual.XLSX").write_bytes(workbook())
    became = house.database.run(lambda conn: publish_all(conn, house.universe, folder.parent, actor="os_user:clerk"))
    assert [(source.kind, source.name) for source in became] == [("questionnaire", "individual")]
    house.advance(minutes=1)
    customer = house.on(channel)
    await customer.links(MORI)
    assert "本日はありがとうございます。" in customer.everything()
    assert customer.active().open_question == "address"
    await customer.taps("diff")
    await customer.types("東京都千代田区千代田1-1")
    await customer.taps("c0")
    await customer.types("2回")
    assert customer.active().open_question == "ways"
    await customer.taps("c0")
    await customer.taps("c2")
    await customer.taps("ok")
    await customer.answers()
    assert customer.active().phase == "completed", customer.said

    zone = ZoneInfo("Asia/Tokyo")
    Reconciler(next_due=lambda *_: house.universe.now().date(), zone=zone).run(house.database)
    out = tmp_path / "out"
    options = Options(zone=zone)
    export_responses(house.database, out, options, actor="tests", program="kakunin", word=load_catalogue("ja").text)
    with (out / "responses.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["questionnaire_id"], row["customer_no"], row["moved"], row["times"]) == ("individual", MORI, "y", "2")
    assert row["address"] == "東京都千代田区千代田1-1"
    assert (row["ways__app"], row["ways__atm"], row["ways__counter"]) == ("1", "0", "1")
    compared = house.rows("SELECT field, verdict FROM difference")
    assert [(one.field, one.verdict) for one in compared] == [("address", "changed")]
