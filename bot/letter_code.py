"""The code of a letter as customers type it: small letters, spaces, hyphens and full width are the same code."""

from __future__ import annotations

from dialogs.japanese import fold

CODE_LENGTH = 12


def normalise_code(text: str) -> str | None:
    """A typed link code in its canonical form: 12 letters and digits, or nothing where it is none."""
    folded = fold(text)
    bare = "".join(ch for ch in folded if ch.isascii() and ch.isalnum()).upper()
    only_separators = all((ch.isascii() and ch.isalnum()) or ch in " -_." for ch in folded)
    return bare if len(bare) == CODE_LENGTH and only_separators else None
