"""Six digits of an authenticator app (RFC 6238): what it has to be told once, and whether a code is its own.

Promise: a code counts in its half minute and the ones beside it, and is only ever compared in constant time.
Whether it was taken before is the store's to say (``storage.second_factors``).
"""

from __future__ import annotations

import base64
import hmac
import re
import unicodedata
from datetime import datetime

import segno
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from storage.universe import CODE_ALPHABET, Universe

_SECONDS = 30
_DIGITS = 6
#: Clocks of telephones are a little fast or slow.
_BESIDE = (0, -1, 1)
#: Signs of five bits: 160 bits, as long as the digest that is made with them (RFC 4226, section 4).
_SIGNS = 32
_BASE32 = str.maketrans(CODE_ALPHABET, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def new_secret(universe: Universe) -> bytes:
    """The secret of a new app."""
    return base64.b32decode(universe.code(_SIGNS).translate(_BASE32))


def step_of(secret: bytes, typed: str, now: datetime) -> int | None:
    """The number of the half minute whose code this is, ``None`` where it is of none that is near."""
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed))
    if not re.fullmatch(rf"[0-9]{{{_DIGITS}}}", code, re.ASCII):
        return None
    current = int(now.timestamp()) // _SECONDS
    for step in (current + beside for beside in _BESIDE):
        if hmac.compare_digest(code_at(secret, step), code):
            return step
    return None


def code_at(secret: bytes, step: int) -> str:
    """What the app shows in this half minute."""
    return _totp(secret).generate(step * _SECONDS).decode("ascii")


def to_type(secret: bytes) -> str:
    """The secret for who cannot scan it, in groups of four."""
    text = base64.b32encode(secret).decode("ascii")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def to_scan(secret: bytes, login: str, bank: str) -> str:
    """The same as a drawing (SVG without any style of its own)."""
    # Apps show a plus sign where a space was meant.
    uri = _totp(secret).get_provisioning_uri(login, bank).replace("+", "%20")
    drawn: str = segno.make(uri, error="m", micro=False).svg_inline(light="#fff", svgclass="qr", omitsize=True)
    return drawn


def _totp(secret: bytes) -> TOTP:
    # What every app knows: SHA-1 is sound inside HMAC.
    return TOTP(secret, _DIGITS, SHA1(), _SECONDS)  # noqa: S303
