"""``kakunin doctor`` on sign-in at the identity provider: half set, not to be reached, and not wanted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from aiohttp.test_utils import unused_port

from tests.bot.cli.shell import Shell


def finding(shell: Shell) -> tuple[bool, str] | None:
    rows = json.loads(shell("doctor", "--json").out)["findings"]
    return next(((row["ok"], row["detail"]) for row in rows if row["part"] == "sign-in"), None)


def test_what_is_wrong_with_sign_in_is_named_without_the_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shell = Shell(tmp_path, monkeypatch, capsys)
    assert finding(shell) is None
    issuer = f"http://127.0.0.1:{unused_port()}"
    shell.set(OIDC_ISSUER=issuer, OIDC_CLIENT_ID="kakunin", CONSOLE_URL="https://console.example.co.jp")
    assert finding(shell) == (False, "KAKUNIN_OIDC_ISSUER is set, and KAKUNIN_OIDC_CLIENT_SECRET is missing.")
    shell.set(OIDC_CLIENT_SECRET="hunter2")
    found = finding(shell)
    assert found is not None
    assert (found[0], "provider_unreachable" in found[1], "hunter2" in found[1]) == (False, True, False)
