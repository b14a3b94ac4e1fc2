"""Sealing of personal records and the digests by which a few of them are found.

Promise: what belongs to a person leaves this module only as AES-256-GCM, bound to its table and
row, under a key named in front; so a stolen database says nothing, a value moved to another row
does not open, and keys can be changed without touching old rows.  Look-ups go over keyed digests
of a closed list of kinds, each with a key of its own.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from storage.problems import KeyMissing, KeyProblem, SealBroken

__all__ = ["DigestKind", "KeyProblem", "Keyring", "Vault", "canonical_json", "load_or_make_key_file"]

_FORMAT = 1
_NONCE_BYTES = 12
_KEY_BYTES = 32
_KEY_ID_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")

RandomBytes = Callable[[int], bytes]


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def canonical_json(value: Any) -> bytes:
    """The one spelling of a JSON value: sorted keys, no spaces, characters as they are."""
    text = _CANONICAL.encode(value)
    # A phone may send half of a surrogate pair; it must be kept, not break the turn.
    return text.encode("utf-8", "surrogatepass")


class Keyring:
    """The keys of a store: the first seals, all of them open."""

    def __init__(self, keys: Mapping[str, bytes], *, random_bytes: RandomBytes = os.urandom) -> None:
        if not keys:
            raise KeyProblem("No encryption key is given.")
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        #: Ids of the keys; the first is the one that seals.
        self.key_ids: tuple[str, ...] = tuple(keys)
        self.current: str = self.key_ids[0]
        self._random_bytes = random_bytes
        self._header = header_of(self.current)
        #: What shows that a key is the one it is named after, and nothing else of it.
        self.proofs: Mapping[str, bytes] = {
            key_id: hmac.digest(key, b"kakunin key proof", "sha256") for key_id, key in keys.items()
        }

    def __repr__(self) -> str:
        return f"Keyring(key_ids={self.key_ids!r})"

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read ``id:base64key,id2:...``; raises ``KeyProblem`` with one sentence that shows no key."""
        keys: dict[str, bytes] = {}
        parts = [part.strip() for part in text.replace("\n", ",").split(",")]
        for place, part in enumerate([part for part in parts if part], start=1):
            key_id, colon, encoded = part.partition(":")
            if not colon:
                raise KeyProblem(f"Encryption key {place} is not written as id:base64key.")
            if not key_id or len(key_id) > 32 or not set(key_id) <= _KEY_ID_CHARS:
                raise KeyProblem(f"The id of encryption key {place} must be 1 to 32 of A-Z, a-z, 0-9, '_', '-', '.'.")
            if key_id in keys:
                raise KeyProblem(f"The id of encryption key {place} is used twice.")
            try:
                key = base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise KeyProblem(f"Encryption key {place} is not valid base64.") from None
            if len(key) != _KEY_BYTES:
                raise KeyProblem(f"Encryption key {place} must be {_KEY_BYTES} bytes long, not {len(key)}.")
            keys[key_id] = key
        return cls(keys)

    def seal(self, table: str, row_id: str, mapping: Mapping[str, Any]) -> bytes:
        """Seal a record for one row of one table; it opens nowhere else."""
        return self.seal_bytes(table, row_id, canonical_json(dict(mapping)))

    def seal_bytes(self, table: str, row_id: str, body: bytes) -> bytes:
        """``seal`` for what is no record (a picture): the same header, the same binding to its row."""
        nonce = self._random_bytes(_NONCE_BYTES)
        return self._header + nonce + self._ciphers[self.current].encrypt(nonce, body, _place(table, row_id))

    def seal_alike(self, table: str, row_ids: Sequence[str], body: bytes) -> list[bytes]:
        """The same value for several rows, sealed for each of them alone, as ``seal_bytes`` would."""
        nonces = self._random_bytes(_NONCE_BYTES * len(row_ids))
        encrypt, header, begin = self._ciphers[self.current].encrypt, self._header, 0
        sealed = []
        for row_id in row_ids:
            nonce = nonces[begin : (begin := begin + _NONCE_BYTES)]
            sealed.append(header + nonce + encrypt(nonce, body, _place(table, row_id)))
        return sealed

    def open(self, table: str, row_id: str, blob: bytes) -> dict[str, Any]:
        """Open what ``seal`` made for this row.

        Raises a ``KeyProblem``: ``KeyMissing`` for an unknown key, ``SealBroken`` for a changed or moved value.
        """
        opened: dict[str, Any] = json.loads(self.open_bytes(table, row_id, blob).decode("utf-8", "surrogatepass"))
        return opened

    def open_bytes(self, table: str, row_id: str, blob: bytes) -> bytes:
        """Open any sealed value of this row without reading it; raises ``KeyProblem`` like ``open``."""
        blob = bytes(blob)
        if len(blob) < 2 or blob[0] != _FORMAT:
            raise SealBroken(f"A sealed value of table {table} has an unknown format (row {row_id}).", table, row_id)
        start = 2 + blob[1]
        # Nearly all of them; the others are looked at sign by sign.
        key_id = self.current if blob.startswith(self._header) else key_id_of(blob)
        cipher = None if key_id is None else self._ciphers.get(key_id)
        if cipher is None:
            raise KeyMissing(table, row_id, key_id)
        nonce = blob[start : start + _NONCE_BYTES]
        try:
            return cipher.decrypt(nonce, blob[start + _NONCE_BYTES :], _place(table, row_id))
        except (InvalidTag, ValueError):
            sentence = (
                f"A sealed value of table {table} does not open (row {row_id}): "
                f"another key '{key_id}', or a changed or moved value."
            )
            raise SealBroken(sentence, table, row_id) from None

    def reseal(self, table: str, row_id: str, blob: bytes) -> bytes:
        """The same record under the current key; raises like ``open``."""
        return self.seal_bytes(table, row_id, self.open_bytes(table, row_id, blob))


def header_of(key_id: str) -> bytes:
    """How every value begins that was sealed under this key; it stands in clear, so that a key's rows can be found."""
    return bytes((_FORMAT, len(key_id))) + key_id.encode("ascii")


def key_id_of(blob: bytes) -> str | None:
    """The id of the key in front of a sealed value; ``None`` where there is none that could be one."""
    if len(blob) < 2 or blob[0] != _FORMAT:
        return None
    key_id = bytes(blob[2 : 2 + blob[1]]).decode("ascii", "replace")
    return key_id if key_id and set(key_id) <= _KEY_ID_CHARS else None


def _place(table: str, row_id: str) -> bytes:
    return f"{table}|{row_id}".encode()


class DigestKind(StrEnum):
    """The closed list of what may be found by a digest; each kind has a key of its own.

    It grew once: since accounts are also linked by a login at the bank, by that login's nonce.
    """

    #: The code of the letter, normalised.
    LINK_CODE = "link_code"
    #: ``<channel>:<user id>`` of a LINE or Telegram user.
    CHANNEL_USER = "channel_user"
    #: The exact normalised full name.
    FULL_NAME = "full_name"
    #: The full phone number, digits only.
    FULL_PHONE = "full_phone"
    #: The number of a receipt.
    RECEIPT = "receipt"
    #: The nonce that the bank made for one login at its page.
    BANK_LOGIN = "bank_login"
    #: A whole row (or a field) of the master file, to notice a change.
    MASTER_ROW = "master_row"


class Vault:
    """The opened secrets of one store: what every function that touches personal data takes."""

    def __init__(self, keyring: Keyring, root: bytes) -> None:
        self._keyring = keyring
        self._digest_keys = {kind: _derive(root, f"digest.{kind.value}") for kind in DigestKind}
        self._session_key = _derive(root, "session")
        #: Tells this store from every other one, also in files outside of it; says nothing else.
        self.store_id: str = _derive(root, "store")[:8].hex()
        #: Key of the audit chain.
        self.audit_key: bytes = _derive(root, "audit")

    def __repr__(self) -> str:
        return "Vault(***)"

    @property
    def keyring(self) -> Keyring:
        return self._keyring

    def seal(self, table: str, row_id: str, mapping: Mapping[str, Any]) -> bytes:
        """See ``Keyring.seal``."""
        return self._keyring.seal(table, row_id, mapping)

    def open(self, table: str, row_id: str, blob: bytes) -> dict[str, Any]:
        """See ``Keyring.open``."""
        return self._keyring.open(table, row_id, blob)

    def seal_bytes(self, table: str, row_id: str, body: bytes) -> bytes:
        """See ``Keyring.seal_bytes``."""
        return self._keyring.seal_bytes(table, row_id, body)

    def seal_alike(self, table: str, row_ids: Sequence[str], body: bytes) -> list[bytes]:
        """See ``Keyring.seal_alike``."""
        return self._keyring.seal_alike(table, row_ids, body)

    def open_bytes(self, table: str, row_id: str, blob: bytes) -> bytes:
        """See ``Keyring.open_bytes``."""
        return self._keyring.open_bytes(table, row_id, blob)

    def digest(self, kind: DigestKind, value: str) -> bytes:
        """The keyed digest (HMAC-SHA256, 32 bytes) under which a value is found; the caller normalises."""
        return hmac.digest(self._digest_keys[kind], value.encode("utf-8", "surrogatepass"), "sha256")

    def session_digest(self, purpose: str, token: str) -> bytes:
        """The digest of a staff session's token; ``purpose`` tells look-up and CSRF apart."""
        return hmac.digest(self._session_key, f"{purpose}|".encode() + token.encode(), "sha256")


def _derive(root: bytes, purpose: str) -> bytes:
    # The root is random and full length, so HKDF's extract step would add nothing.
    return HKDFExpand(algorithm=SHA256(), length=_KEY_BYTES, info=f"kakunin.{purpose}".encode()).derive(root)


def new_root(random_bytes: RandomBytes = os.urandom) -> bytes:
    """The random root of a new store's digests."""
    return random_bytes(_KEY_BYTES)


def new_key(prefix: str, random_bytes: RandomBytes = os.urandom) -> str:
    """A new key as ``Keyring.parse`` reads it."""
    key = random_bytes(_KEY_BYTES)
    # The id says which key it is without saying anything about it, so that a mix-up is named clearly.
    key_id = f"{prefix}-" + hashlib.sha256(b"kakunin key id" + key).hexdigest()[:8]
    return f"{key_id}:{base64.b64encode(key).decode('ascii')}"


def load_or_make_key_file(path: Path, *, make: bool, random_bytes: RandomBytes = os.urandom) -> tuple[Keyring, bool]:
    """The keyring of a key file, and whether the file was made just now.

    ``make`` is false where a store already exists: a new key would not open it, and making one would
    hide that the old one is lost.
    """
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        if not make:
            raise KeyProblem(
                f"The key file {path.name} is missing beside the store; put it back, or set KAKUNIN_ENCRYPTION_KEYS."
            ) from None
    except (OSError, UnicodeDecodeError):
        raise KeyProblem(f"The key file {path.name} beside the store cannot be read.") from None
    else:
        return Keyring.parse(text), False
    line = new_key("file", random_bytes)
    # Written aside and linked into place: a process of the same first run sees the whole key or none.
    draft = path.with_name(f"{path.name}.{line.partition(':')[0]}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        # Another process was quicker: its key is the one that counts.
        return load_or_make_key_file(path, make=False)
    except OSError:
        raise KeyProblem(f"The key file {path.name} cannot be written beside the store.") from None
    finally:
        draft.unlink(missing_ok=True)
    return Keyring.parse(line), True
