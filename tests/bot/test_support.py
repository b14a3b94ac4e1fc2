"""What goes to who helps: closed lists of what may be told, and nothing past them."""

from __future__ import annotations

import ast
import logging
from pathlib import Path

import pytest
import structlog

from bot.settings import Settings, load_settings
from bot.support import HIDDEN, SHOWN, private_words, shown_lines, shown_settings, without_addresses
from tests.logs import configured

ROOT = Path(__file__).resolve().parents[2]
METHODS = {"debug", "info", "warning", "error", "exception"}


def logged_keys() -> set[str]:
    """Every key with which the program writes a log line."""
    found: set[str] = set()
    for folder in ("bot", "storage", "dialogs"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in {f"log.{name}" for name in METHODS}:
                    found |= {word.arg for word in node.keywords if word.arg is not None}
    return found


def test_somebody_decided_on_every_key_of_the_log() -> None:
    assert logged_keys() - SHOWN - HIDDEN == set()
    assert not SHOWN & HIDDEN


PERSONAL = [
    "山田 花子",
    "Taro Yamada",
    "Yamada",
    "090-1234-5678",
    "0312345678",
    "hanako@example.co.jp",
    "東京都千代田区丸の内1-1",
    "1980-01-01 was born",
    "U4af4980629f1d2e3",
]


@pytest.mark.parametrize("value", PERSONAL)
@pytest.mark.parametrize("key", sorted(SHOWN | HIDDEN - {"exc_info"} | {"new_key"}))
def test_nothing_personal_passes_under_any_key(value: str, key: str, capsys: pytest.CaptureFixture[str]) -> None:
    with configured(logging.INFO):
        structlog.get_logger("kakunin.test").info("case.opened", **{key: value})
    line = capsys.readouterr().err
    if key not in ("exc_info", "error"):
        assert value in line, "the plant is in the log"
    (shown,) = shown_lines([f"Nov 29 01:02:03 host kakunin[12]: {line}"])
    assert value not in shown
    assert "event=case.opened" in shown
    assert "host" not in shown


def test_ids_codes_and_places_are_kept() -> None:
    line = (
        "at='2026-11-02T01:00:00Z' level='error' event='turn.failed' "
        "conversation='01931f2e-0000-7000-8000-000000000001' error='KeyError' count=12 "
        "raised='KeyError at turns.py:12 > engine.py:3 <- ValueError at ?' host='10.0.0.1'"
    )
    assert list(shown_lines([line])) == [
        "at=2026-11-02T01:00:00Z level=error event=turn.failed conversation=01931f2e-0000-7000-8000-000000000001 "
        "error=KeyError count=12 raised='KeyError at turns.py:12 > engine.py:3 <- ValueError at ?'"
    ]


def test_lines_of_libraries_keep_where_they_come_from() -> None:
    lines = ["2026-11-02 01:00:00,123 WARNING aiohttp.server 山田花子 could not be read\n", "山田花子\n", "\n"]
    assert list(shown_lines(lines)) == [
        "at=2026-11-02 01:00:00,123 level=warning logger=aiohttp.server",
        "(1 other lines)",
    ]


SECRETS = {
    "database_url": "postgresql://kakuser:geheim@db7.intern.example/kakuninprod",
    "encryption_keys": "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "bank_name": "みなと信用金庫",
    "bank_phone": "03-1111-2222",
    "public_url": "https://bot.minato.example",
    "trusted_proxies": "10.9.8.7,10.9.8.0/24",
    "telegram_bot_token": "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "telegram_bot_username": "minato_kakunin_bot",
    "line_channel_secret": "4f3c2b1a4f3c2b1a4f3c2b1a4f3c2b1a",
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(**SECRETS, audit_head_file=tmp_path / "heads", content_dir=tmp_path)


def test_settings_say_that_they_are_set_and_no_more(settings: Settings) -> None:
    shown = shown_settings(settings)
    assert shown.keys() == Settings.model_fields.keys()
    text = repr(shown)
    for value in SECRETS.values():
        assert value not in text
    assert shown["database_url"] == "postgresql"
    assert shown["encryption_keys"] == shown["bank_name"] == shown["audit_head_file"] == "set"
    assert (shown["port"], shown["line_channel_access_token"], shown["line_api_base"]) == (8080, "empty", "default")


def test_every_part_of_an_address_goes_from_a_sentence(settings: Settings, tmp_path: Path) -> None:
    private = private_words(settings)
    sentence = f"db7.intern.example at 10.9.8.7 refuses kakuser of kakuninprod; geheim {tmp_path}/x https://a.example/b"
    shown = without_addresses(f"{sentence} x@y.example {SECRETS['telegram_bot_token']}", private)
    assert shown == "*** at *** refuses *** of ***; *** ***/x *** *** ***"
    for part in ("intern", "10.9", "kakuser", "kakuninprod", "geheim", str(tmp_path), "a.example", "y.example", "AAH"):
        assert part not in shown
