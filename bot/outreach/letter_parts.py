"""Files of pages that are finished, kept beside their place until all of them are there.

Promise: a run that was cut off goes on behind the last file that it finished.  A kept file is used only for the very
letters, sender and texts that it was drawn of, byte for byte as it was written, and on the day it was drawn or the
next; else it is drawn anew.  Nobody else can read the folder, and it is gone when all files stand.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from bot.outreach.letter_codes import InUse
from bot.outreach.letter_drawing import DrawnFile
from bot.outreach.letter_pages import Letter, Sender
from storage.exports.files import OutputFile
from storage.exports.spelling import Why

#: The pages bear the day on which they were drawn.
_HOLDS: Final = timedelta(days=1)
_LOCK: Final = "lock"


class KeptFiles:
    """The finished files of one run and of those before it that were cut off; one process at a time."""

    def __init__(self, pdf: Path, sender: Sender) -> None:
        self.folder = pdf.with_name(f"{pdf.name}.parts")
        self._sender = sender
        self._said: dict[str, str] = {}
        #: Letters in the files that were found.
        self.letters = 0

    def __enter__(self) -> Self:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self._lock = os.open(self.folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise InUse from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or not any(self.folder.glob("*.json")):
            shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)

    def find(self, number: int, letters: Sequence[Letter]) -> DrawnFile | None:
        """The file of this number, if it is of these letters."""
        pdf, notes = self._places(number)
        try:
            noted: dict[str, Any] = json.loads(notes.read_bytes())
            drawn = pdf.read_bytes()
            age = self._sender.today - date.fromisoformat(noted["on"])
            lost = [(no, field, sign, why and Why(why)) for no, field, sign, why in noted["lost"]]
        except (OSError, ValueError, KeyError, TypeError):
            return None
        is_same = noted.get("of") == self._key(letters) and noted.get("sha256") == hashlib.sha256(drawn).hexdigest()
        if not is_same or not timedelta(0) <= age <= _HOLDS:
            return None
        self.letters += len(letters)
        return DrawnFile(drawn, tuple(lost))

    def keep(self, number: int, letters: Sequence[Letter], file: DrawnFile) -> None:
        """The file is finished."""
        notes = {
            "of": self._key(letters),
            "on": self._sender.today.isoformat(),
            "sha256": hashlib.sha256(file.pdf).hexdigest(),
            "lost": file.lost,
        }
        pdf, place = self._places(number)
        # The notes vouch for the pages, so they come last.
        for path, data in ((pdf, file.pdf), (place, json.dumps(notes).encode("ascii"))):
            output = OutputFile(path)
            output.write(data)
            output.finish(len(letters))
            output.publish()

    def _places(self, number: int) -> tuple[Path, Path]:
        return self.folder / f"{number:04d}.pdf", self.folder / f"{number:04d}.json"

    def _key(self, letters: Sequence[Letter]) -> str:
        sender = self._sender
        voices = sorted({letter.voice for letter in letters})
        of = (sender.bank_name, sender.bank_phone, sender.window, [*map(self._texts, voices)], letters)
        return hashlib.sha256(repr(of).encode("utf-8", "surrogatepass")).hexdigest()

    def _texts(self, voice: str) -> str:
        """What every letter says in a voice."""
        if voice not in self._said:
            said = sorted(item for item in self._sender.words(voice).items() if item[0].startswith("letter"))
            self._said[voice] = hashlib.sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()
        return self._said[voice]
