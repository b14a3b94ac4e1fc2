"""What the tests of the outlets share: a server, a bank with an answer, settings as a person writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.outlets.sending import SFTP, ExportSender
from bot.outlets.setting_up import set_up_now
from bot.settings import Settings
from storage.database import Database
from storage.reconciliation.worker import Reconciler
from tests.bot.outlets.server import SftpHost, sftp_host
from tests.storage.reconciliation.seeding import SAME_ANSWERS, TARO, add_case, add_customers, publish_form, submit

TOKYO = ZoneInfo("Asia/Tokyo")
MakeSender = Callable[..., ExportSender]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SftpHost]:
    """A server with an empty folder."""
    with sftp_host(tmp_path / "server") as started:
        yield started


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@pytest.fixture
def make_sender(host: SftpHost, temporary: Path) -> MakeSender:
    """A sender of a process, by the settings of the server and others."""

    def make(database: Database, name: str = "one", **settings: Any) -> ExportSender:
        asked = Settings(**host.settings(**settings))
        set_up_now(database, asked, SFTP)
        return ExportSender(database, asked, name)

    return make


def answers(database: Database, *numbers: str) -> None:
    """A new answer, compared, of each of these customers."""
    add_customers(database, *(TARO | {"customer_no": number} for number in numbers))
    form = publish_form(database)
    for number in numbers:
        submit(database, form, add_case(database, number), SAME_ANSWERS)
    Reconciler(next_due=lambda *_: date(2028, 11, 2), zone=TOKYO).run(database)
