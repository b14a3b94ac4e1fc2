"""Running commands in the test's process, as a shell would: exit code, standard output and error."""

from __future__ import annotations

import base64
import csv
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from bot.cli import run
from storage.database import Database
from storage.encryption import Keyring
from storage.universe import Universe

KEYS = "k1:" + base64.b64encode(bytes(32)).decode()

HEADER = "customer_no,kind,name,birth_date,phone,occupation,nationality,risk_rating,branch_no,last_confirmed_on"
TARO = "0001,individual,髙橋 太郎,S39.10.10,090-1234-5678,会社員・団体職員,日本,medium,007,2024-04-01"
HANAKO = "0002,individual,佐藤 花子,19800101,03-1234-5678,学生,JPN,low,007,2026-04-01"


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@cache
def upgraded_store() -> bytes:
    """A store as ``kakunin db upgrade`` leaves it, made once: it takes longer than most commands."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "kakunin.db"
        Database.open(f"sqlite:///{path}", keys=Keyring.parse(KEYS), universe=Universe.real()).close()
        return path.read_bytes()


class Shell:
    """A terminal in a folder of its own; ``upgraded`` where the store is there before the first command."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        *,
        upgraded: bool = False,
    ) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.clear()
        self.folder = folder
        self.set(DATABASE_URL=f"sqlite:///{folder}/kakunin.db", ENCRYPTION_KEYS=KEYS, SQLITE_SYNCHRONOUS="normal")
        if upgraded:
            (folder / "kakunin.db").write_bytes(upgraded_store())

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"KAKUNIN_{name}", value)

    def clear(self) -> None:
        """An environment without settings, as a person has it who tries the program."""
        for name in [name for name in os.environ if name.startswith("KAKUNIN_")]:
            self._monkeypatch.delenv(name)

    def __call__(self, *arguments: str | Path) -> Done:
        self._capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        out, err = self._capsys.readouterr()
        return Done(code, out, err)

    def refused(self, *arguments: str | Path) -> str:
        """The one sentence with which a command refuses bad input."""
        done = self(*arguments)
        assert (done.code, done.out) == (2, ""), done
        assert done.err.count("\n") == 1, done.err
        return done.err.strip()

    def write(self, name: str, *lines: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.write_bytes("".join(f"{line}\r\n" for line in lines).encode(encoding))
        return path

    def read(self, name: str, encoding: str = "utf-8-sig") -> Sequence[dict[str, str]]:
        with (self.folder / name).open(encoding=encoding, newline="") as file:
            return list(csv.DictReader(file))

    def database(self) -> Database:
        url = f"sqlite:///{self.folder}/kakunin.db"
        return Database.open(url, keys=Keyring.parse(KEYS), universe=Universe.real(), sqlite_synchronous="normal")
