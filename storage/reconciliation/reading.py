"""Reading a value of a record with the readers of replies, without their notion of "today".

Promise: the same text gives the same value on every day, so verdicts and imports can be repeated.
A word such as 今日 is a fine reply and no value of a record; it is refused here.
"""

from __future__ import annotations

import re
from datetime import date

from dialogs.replies.base import Parsed, ReplyContext

_ONE_DAY = ReplyContext(today=date(2000, 1, 1))
_OTHER_DAY = ReplyContext(today=date(2003, 8, 19))
#: A text with a full year cannot be about today.
_FULL_YEAR = re.compile("[0-9０-９]{4}")


def read_value(kind: str, text: str) -> str | None:
    """The canonical text of a value, or ``None`` where it cannot be read for certain."""
    from dialogs.replies import READERS
    from dialogs.replies.postal_code import read_postal_digits

    # A code that is out of use today was right when it was recorded, and is compared as it is.
    reader = read_postal_digits if kind == "postal_code" else READERS[kind]
    parsed = reader(text, _ONE_DAY)
    if not isinstance(parsed, Parsed):
        return None
    if kind == "date" and not _FULL_YEAR.search(text):
        again = reader(text, _OTHER_DAY)
        if not isinstance(again, Parsed) or again.value != parsed.value:
            return None
    return str(parsed.value)
