"""What stands around a command without being part of it: can I ..., ... please; and short forms as they are typed.

The words are data: ``polite_openings``, ``polite_endings`` and ``written_out`` of ``locales/<language>/commands.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

#: Keys of the file that are no commands.
NO_COMMANDS = ("polite_openings", "polite_endings", "written_out")
#: ok, can we please stop this now: so many of them are taken off where words are said before a command, too.
_MOST, _MOST_BEHIND = 4, 1


@dataclass(frozen=True)
class Courtesies:
    """The words of one language."""

    _openings: tuple[str, ...]
    _endings: tuple[str, ...]
    _written_out: Mapping[str, str]
    _short: re.Pattern[str] | None

    @classmethod
    def taken_from(cls, data: dict[str, Any]) -> Courtesies:
        """Those of a file, which then holds nothing but commands."""
        openings, endings, written_out = map(data.pop, NO_COMMANDS)
        short = re.compile(rf"\b(?:{'|'.join(map(re.escape, written_out))})\b") if written_out else None
        return cls(
            tuple(str(word).casefold() for word in openings),
            tuple(str(word).casefold() for word in endings),
            written_out,
            short,
        )

    def written_out(self, folded: str) -> str:
        """Short forms in full: dont as don't, wanna as want to."""
        if self._short is None:
            return folded
        return self._short.sub(lambda match: self._written_out[match[0]], folded.replace("’", "'"))

    def cores(self, text: str) -> Iterator[str]:
        """``text`` without more and more of what stands around it, itself not among them."""
        now = [text]
        for _ in range(_MOST if self._openings else _MOST_BEHIND):
            now = [
                *(one.removesuffix(ending) for one in now for ending in self._endings if one.endswith(ending)),
                *(one.removeprefix(opening) for one in now for opening in self._openings if one.startswith(opening)),
            ]
            yield from now
