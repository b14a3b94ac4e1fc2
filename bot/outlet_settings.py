"""The settings of what other systems of the bank are told: the server that exports go to, and the web hook."""

from __future__ import annotations

import base64
import binascii
import re
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.settings_values import empty_is_unset, split_list

_PRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}\Z")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d\Z")
_KINDS = ("submission", "difference", "hand_over")
#: What the specification of standard webhooks asks of a secret, in bytes.
_SECRET = range(24, 65)
_NEAR = ("127.0.0.1", "::1", "localhost")


class OutletSettings(BaseSettings):
    """What leaves the house by itself, and to where."""

    sftp_url: str = ""
    sftp_host_key: Annotated[tuple[str, ...], NoDecode] = ()
    sftp_known_hosts: Path | None = Field(default=None, validate_default=True)
    sftp_key: SecretStr | None = None
    sftp_key_passphrase: SecretStr | None = None
    sftp_password: SecretStr | None = Field(default=None, validate_default=True)
    sftp_at: Annotated[tuple[str, ...], NoDecode] = ("02:00",)
    sftp_format: Literal["csv", "xlsx", "jsonl", "parquet"] = "csv"
    sftp_encoding: Literal["utf-8-sig", "utf-8", "cp932"] = "utf-8-sig"
    sftp_status: Literal["reconciled", "approved"] = "reconciled"
    hook_url: str = ""
    hook_secret: SecretStr | None = Field(default=None, validate_default=True)
    hook_kinds: Annotated[tuple[str, ...], NoDecode] = _KINDS
    hook_days: int = Field(default=30, ge=1, le=3650)

    _listed = field_validator("sftp_host_key", "sftp_at", "hook_kinds", mode="before")(split_list)

    _empty_is_none = field_validator(
        "sftp_known_hosts", "sftp_key", "sftp_key_passphrase", "sftp_password", "hook_secret", mode="before"
    )(empty_is_unset)

    @field_validator("sftp_url")
    @classmethod
    def _server(cls, value: str) -> str:
        if value:
            parts = _split(value)
            plain = parts is not None and parts.password is None and not (parts.query or parts.fragment)
            if parts is None or parts.scheme != "sftp" or not (parts.hostname and parts.username and plain):
                raise ValueError("is no sftp://USER@HOST:PORT/FOLDER; a password has a setting of its own")
        return value

    @field_validator("sftp_host_key")
    @classmethod
    def _fingerprints(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not all(map(_PRINT.match, value)):
            raise ValueError("is no fingerprint such as ssh-keygen -lf prints: SHA256 and 43 signs behind a colon")
        return value

    @field_validator("sftp_known_hosts")
    @classmethod
    def _vouched_for(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is not None and not value.is_file():
            raise ValueError("names no file")
        if value is None and info.data.get("sftp_url") and not info.data.get("sftp_host_key"):
            raise ValueError("or KAKUNIN_SFTP_HOST_KEY must say which server is the right one: none is ever trusted")
        return value

    @field_validator("sftp_password")
    @classmethod
    def _can_sign_in(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("sftp_url") and info.data.get("sftp_key") is None:
            raise ValueError("or KAKUNIN_SFTP_KEY must be set: the server asks who comes")
        return value

    @field_validator("sftp_at")
    @classmethod
    def _times_of_day(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not all(map(_TIME.match, value)):
            raise ValueError("is no list of times such as 02:00,14:30")
        return tuple(sorted(value))

    @field_validator("hook_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if value:
            parts = _split(value)
            # In clear on this machine only: whoever reads along learns when which case was answered.
            safe = parts is not None and (
                parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _NEAR)
            )
            if parts is None or not parts.hostname or not safe or "@" in parts.netloc or parts.fragment:
                raise ValueError("is no https address")
        return value

    @field_validator("hook_secret")
    @classmethod
    def _signs(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None:
            if info.data.get("hook_url"):
                raise ValueError("must be set: without it nobody can tell our messages from others'")
            return value
        read_hook_secrets(value.get_secret_value())
        return value

    @field_validator("hook_kinds")
    @classmethod
    def _known_kinds(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or set(value) - set(_KINDS):
            raise ValueError(f"names other kinds than {', '.join(_KINDS)}")
        return value


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def read_hook_secrets(text: str) -> tuple[bytes, ...]:
    """The keys of ``whsec_...``, several with a comma between them while one takes the place of another."""
    found = []
    for one in (part.strip() for part in text.split(",") if part.strip()):
        try:
            key = base64.b64decode(one.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            key = b""
        if len(key) not in _SECRET:
            raise ValueError("is no secret of the form whsec_ and 24 to 64 bytes in base64")
        found.append(key)
    return tuple(found)
