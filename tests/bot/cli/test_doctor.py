"""``kakunin doctor``: each thing that has to be put right is named, with exit code 1 and without a secret."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bot.cli.platforms import PUBLIC, Platforms, platforms
from tests.bot.cli.shell import Shell
from tests.bot.cli.test_content import OWN_FORM, OWN_TOPIC

SECRET = "hunter2"
LINE = {"LINE_CHANNEL_SECRET": SECRET, "LINE_CHANNEL_ACCESS_TOKEN": SECRET}
BOTH = {
    "PUBLIC_URL",
    "LINE_API_BASE",
    "LINE_DATA_API_BASE",
    "LINE_BASIC_ID",
    "TELEGRAM_API_BASE",
    "TELEGRAM_BOT_USERNAME",
}
TELEGRAM = {"TELEGRAM_BOT_TOKEN": f"1:{SECRET}", "TELEGRAM_SECRET_TOKEN": SECRET}


@pytest.fixture
def stands() -> Iterator[Platforms]:
    """Both platforms, as they are once they have been connected."""
    with platforms() as started:
        started.line.tokens.long_lived = SECRET
        started.line.webhook_url = f"{PUBLIC}/line/webhook"
        started.telegram.token = f"1:{SECRET}"
        started.telegram.webhook.url = f"{PUBLIC}/telegram/webhook"
        yield started


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stands: Platforms
) -> Shell:
    """A bank that is ready: own approved answers, published; LINE on."""
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(DEFAULT_LOCALE="en", **{name: value for name, value in stands.settings.items() if name in BOTH})
    for language in ("ja", "en"):
        (tmp_path / "own" / "locales" / language).mkdir(parents=True)
        (tmp_path / "own" / "locales" / language / "faq.yaml").write_text(OWN_TOPIC, encoding="utf-8")
    shell.set(CONTENT_DIR=str(tmp_path / "own"), **LINE)
    assert shell("content", "publish").code == 0
    return shell


def look(shell: Shell) -> tuple[int, dict[str, tuple[bool, str]]]:
    """Exit code and findings by part; no secret is shown in either shape."""
    text, structured = shell("doctor"), shell("doctor", "--json")
    assert text.code == structured.code
    assert SECRET not in text.out + text.err + structured.out + structured.err
    said = json.loads(structured.out)
    assert said["ok"] is (structured.code == 0)
    found = {row["part"]: (row["ok"], row["detail"]) for row in said["findings"]}
    assert len(found) == len(said["findings"])
    # Both shapes say the same.
    lines = [f"{'ok  ' if ok else 'FIX '} {part}: {detail}" for part, (ok, detail) in found.items()]
    assert text.out.splitlines() == lines
    assert text.err.count("\n") == (0 if text.code == 0 else 1)
    return text.code, found


def wrong(found: dict[str, tuple[bool, str]]) -> dict[str, str]:
    return {part: detail for part, (ok, detail) in found.items() if not ok}


def test_a_bank_that_is_ready(shell: Shell) -> None:
    code, found = look(shell)
    assert (code, wrong(found)) == (0, {})
    assert {part for part in found if "." not in part} == {
        "settings",
        "encoder",
        "line",
        "telegram",
        "sources",
        "database",
        "content",
        "faq",
    }
    assert found["line"] == (True, "on")
    assert "KAKUNIN_TELEGRAM_BOT_TOKEN and KAKUNIN_TELEGRAM_SECRET_TOKEN" in found["telegram"][1]
    assert found["database"][1].startswith("sqlite")


def test_what_the_platforms_say_is_among_the_findings(shell: Shell, stands: Platforms) -> None:
    shell.set(**TELEGRAM)
    stands.line.account.chat_mode = "chat"
    stands.telegram.webhook.url = "https://old.example.jp/telegram/webhook"
    code, found = look(shell)
    assert (code, wrong(found).keys()) == (1, {"line.chat_mode", "telegram.webhook"})
    assert found["line.redelivery"][0], "what cannot be asked is no mistake"
    # LINE allows few tests of the webhook: doctor makes none.
    assert stands.tested == []


def test_a_platform_that_is_away(shell: Shell) -> None:
    shell.set(LINE_API_BASE="http://127.0.0.1:1")
    code, found = look(shell)
    assert (code, wrong(found).keys()) == (1, {"line.reach"})
    assert "cannot be reached" in found["line.reach"][1]


def test_a_public_address_that_no_platform_takes(shell: Shell) -> None:
    shell.set(PUBLIC_URL="http://kakunin.example.co.jp")
    code, found = look(shell)
    assert (code, wrong(found).keys()) == (1, {"platforms"})


def test_settings_that_cannot_be_read_are_the_only_finding(shell: Shell) -> None:
    shell.set(TIME_ZONE="Mars")
    code, found = look(shell)
    assert code == 1
    assert found.keys() == {"settings"}
    assert "KAKUNIN_TIME_ZONE" in found["settings"][1]


def test_a_name_that_nobody_reads(shell: Shell) -> None:
    shell.set(LINE_CHANEL_SECRET=SECRET)
    code, found = look(shell)
    assert code == 1
    assert wrong(found).keys() == {"settings"}
    assert "KAKUNIN_LINE_CHANEL_SECRET" in found["settings"][1]


@pytest.mark.parametrize(
    ("settings", "part", "missing"),
    [
        ({"LINE_CHANNEL_SECRET": SECRET}, "line", "KAKUNIN_LINE_CHANNEL_ACCESS_TOKEN"),
        ({"LINE_CHANNEL_ACCESS_TOKEN": SECRET}, "line", "KAKUNIN_LINE_CHANNEL_SECRET"),
        ({"TELEGRAM_BOT_TOKEN": SECRET}, "telegram", "KAKUNIN_TELEGRAM_SECRET_TOKEN"),
        ({"TELEGRAM_SECRET_TOKEN": SECRET}, "telegram", "KAKUNIN_TELEGRAM_BOT_TOKEN"),
    ],
)
def test_half_of_a_channels_secrets(shell: Shell, settings: dict[str, str], part: str, missing: str) -> None:
    shell.set(**dict.fromkeys(LINE, ""))
    shell.set(**settings)
    code, found = look(shell)
    assert code == 1
    assert wrong(found).keys() == {part, "channels"}
    assert f"set {missing} to" in found[part][1]


LINK = {"LINE_ACCOUNT_LINK_URL": "https://bank.example/login", "LINE_ACCOUNT_LINK_SECRET": SECRET * 5}


@pytest.mark.parametrize("given", sorted(LINK))
def test_half_of_the_account_link(shell: Shell, given: str) -> None:
    (missing,) = LINK.keys() - {given}
    shell.set(**{given: LINK[given]})
    code, found = look(shell)
    assert (code, wrong(found)) == (1, {"account link": f"off; set KAKUNIN_{missing} to turn it on"})


def test_the_account_link_needs_line(shell: Shell) -> None:
    shell.set(**LINK)
    assert look(shell)[1]["account link"] == (True, "on")
    shell.set(**dict.fromkeys(LINE, ""), **TELEGRAM)
    code, found = look(shell)
    assert (code, wrong(found)) == (1, {"account link": "off, because LINE is off"})


def test_polling_needs_no_secret_for_a_webhook(shell: Shell, stands: Platforms) -> None:
    stands.telegram.webhook.url = ""
    shell.set(**dict.fromkeys(LINE, ""), TELEGRAM_BOT_TOKEN=f"1:{SECRET}", TELEGRAM_MODE="polling")
    code, found = look(shell)
    assert (code, found["telegram"]) == (0, (True, "on"))


def test_no_channel_at_all(shell: Shell) -> None:
    shell.set(**dict.fromkeys(LINE, ""))
    code, found = look(shell)
    assert (code, set(wrong(found))) == (1, {"channels"})


def test_both_channels(shell: Shell) -> None:
    shell.set(**TELEGRAM)
    code, found = look(shell)
    assert (code, found["line"], found["telegram"]) == (0, (True, "on"), (True, "on"))


def test_own_sources_that_cannot_be_published(shell: Shell) -> None:
    (shell.folder / "own" / "questionnaires").mkdir()
    form = shell.folder / "own" / "questionnaires" / "visit.yaml"
    form.write_text(OWN_FORM.replace("type: text", "type: telepathy"), encoding="utf-8")
    code, found = look(shell)
    assert (code, set(wrong(found))) == (1, {"sources"})
    assert "visit.yaml" in found["sources"][1]


def test_a_store_that_is_empty(shell: Shell) -> None:
    shell.set(DATABASE_URL=f"sqlite:///{shell.folder}/other.db")
    code, found = look(shell)
    assert (code, set(wrong(found))) == (1, {"content"})
    assert "kakunin content publish" in found["content"][1]


def test_answers_that_nobody_has_approved(shell: Shell) -> None:
    shell.set(CONTENT_DIR="")
    shell("content", "publish")
    code, found = look(shell)
    assert (code, set(wrong(found))) == (1, {"faq"})
    assert "drafts" in found["faq"][1]
    shell.set(ALLOW_DRAFTS="1")
    assert look(shell)[0] == 0


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"ENCRYPTION_KEYS": SECRET}, "id:base64key"),
        ({"ENCRYPTION_KEYS": "k1:" + base64.b64encode(bytes(range(32))).decode()}, "store_secret"),
        ({"DATABASE_URL": f"postgresql://u:{SECRET}@127.0.0.1:1/k"}, "port 1 failed"),
        ({"DATABASE_URL": "sqlite:////none/at/all/k.db"}, "folder of the store"),
    ],
)
def test_a_store_that_cannot_be_opened(shell: Shell, settings: dict[str, str], words: str) -> None:
    shell.set(**settings)
    code, found = look(shell)
    assert (code, set(wrong(found))) == (1, {"database"})
    assert words in found["database"][1]
    # What lies in the store cannot be looked at.
    assert "content" not in found


def test_a_store_of_another_version(shell: Shell) -> None:
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    code, found = look(shell)
    assert (code, set(wrong(found))) == (1, {"database"})
    assert "newer version" in found["database"][1]


def test_the_encoder_may_be_missing_but_not_where_it_is_demanded(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from dialogs.faq import encoder

    monkeypatch.setattr(encoder, "is_installed", lambda: False)
    assert look(shell)[1]["encoder"][0]
    monkeypatch.setenv("KAKUNIN_ENCODER", "on")
    assert "encoder" in wrong(look(shell)[1])


def test_review_rules_that_cannot_be_used_are_found(shell: Shell) -> None:
    (shell.folder / "own").mkdir(exist_ok=True)
    (shell.folder / "own" / "review.yaml").write_text("second_person: [name]\nratings: [{id: a}]", encoding="utf-8")
    code, found = look(shell)
    assert code == 1
    assert not found["reviews"][0]
    assert "rule 1" in found["reviews"][1]
