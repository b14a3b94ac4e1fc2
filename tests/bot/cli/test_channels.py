"""``kakunin channels``: the platforms are told once, asked at any time, and what is wrong is said in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.menus import MenuState
from bot.channels.telegram.inbound import ALLOWED_UPDATES
from bot.simulator.faults import Trouble
from locales import VOICES
from storage import menus
from storage.universe import Universe
from tests.bot.cli.platforms import BOT_SECRET, LINE_TOKEN, PUBLIC, Platforms, platforms
from tests.bot.cli.shell import Shell
from tests.bot.simulator.menus import draw_once

#: One for each state and voice.
MENUS = len(MenuState) * len(VOICES)


@pytest.fixture
def stands() -> Iterator[Platforms]:
    with platforms() as started:
        yield started


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], stands: Platforms
) -> Shell:
    """A bank with both channels and an empty store."""
    monkeypatch.setattr("bot.channels.line.menu_drawing.draw_menu", draw_once)
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(DEFAULT_LOCALE="en", **stands.settings)
    return shell


def connected(shell: Shell) -> dict[str, str]:
    """``connect`` that succeeds: what it did, by part (``set `` or ``ok  ``)."""
    done = shell("channels", "connect")
    assert (done.code, done.err) == (0, ""), done
    return {line[5:].partition(":")[0]: line[:4] for line in done.out.splitlines()}


def findings(shell: Shell, level: str, *command: str) -> tuple[int, dict[str, str]]:
    """Exit code and the findings of a level, by part; nothing secret is shown."""
    done = shell(*(command or ("channels", "status")), "--json")
    assert LINE_TOKEN not in done.out + done.err
    assert BOT_SECRET not in done.out + done.err
    said = json.loads(done.out)
    assert said["ok"] is (done.code == 0)
    return done.code, {
        f"{name}.{finding['part']}": finding["text"]
        for name, channel in said["channels"].items()
        for finding in channel["findings"]
        if finding["level"] == level
    }


# Connecting -------------------------------------------------------------------------------------


def test_everything_is_set_once(shell: Shell, stands: Platforms) -> None:
    first = connected(shell)
    assert first == {
        "line.menus": "set ",
        "line.default_menu": "set ",
        "line.webhook": "set ",
        "line.webhook_test": "ok  ",
        "line.redelivery": "note",
        "telegram.webhook": "set ",
        "telegram.commands": "set ",
    }
    assert stands.line.webhook_url == f"{PUBLIC}/line/webhook"
    assert stands.tested == ["/line/webhook"]
    webhook = stands.telegram.webhook
    assert (webhook.url, webhook.secret) == (f"{PUBLIC}/telegram/webhook", BOT_SECRET)
    assert webhook.allowed_updates == list(ALLOWED_UPDATES)
    assert len(stands.line.menus.menus) == MENUS
    default = stands.line.menus.menus[stands.line.menus.default_id or ""]
    assert default.asked["name"].startswith("kakunin/not_linked-en/")
    with shell.database() as database:
        known = database.run_read(lambda conn: menus.load_menus(conn, "line"))
    assert {menu.menu_id for menu in known} == set(stands.line.menus.menus)


def test_doing_it_again_changes_nothing(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    before = dict(stands.line.menus.menus)
    assert "set " not in connected(shell).values()
    assert stands.line.menus.menus == before
    assert len(stands.calls("POST /v2/bot/richmenu")) == MENUS
    assert len(stands.calls("PUT /v2/bot/channel/webhook/endpoint")) == 1
    assert len(stands.calls("/setMyCommands")) == 3
    # The secret cannot be read back, so the webhook is set again, without losing what waits.
    assert len(stands.calls("/setWebhook")) == 2
    assert all("drop_pending_updates" not in body for body in stands.calls("/setWebhook"))


def test_the_commands_are_shown_in_each_language(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    shown = {language: stands.telegram.desk.menu_for(language) for language in ("ja", "en", "fr")}
    assert shown["fr"] == shown["en"] != shown["ja"]
    assert {entry["command"]: entry["description"] for entry in shown["ja"]}["staff"] == "係の者と話す"
    assert [entry["command"] for entry in shown["ja"]] == [entry["command"] for entry in shown["en"]]


def own_words(shell: Shell, words: str) -> None:
    """The bank says "Later" in other words."""
    own = shell.folder / "own" / "locales" / "en" / "LC_MESSAGES"
    own.mkdir(parents=True)
    (own / "bank.po").write_text(f'msgid ""\nmsgstr ""\n\nmsgid "menu.later"\nmsgstr "{words}"\n', encoding="utf-8")
    shell.set(CONTENT_DIR=str(shell.folder / "own"))


def test_other_words_make_other_menus_and_take_the_old_away(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    before = set(stands.line.menus.menus)
    own_words(shell, "Not now")
    done = shell("channels", "connect")
    assert f"Made 1 of {MENUS} menus." in done.out
    after = set(stands.line.menus.menus)
    assert len(after) == MENUS
    assert len(after - before) == 1


def test_words_that_nobody_could_read_are_named(shell: Shell, stands: Platforms) -> None:
    own_words(shell, "Not now, but at some later time")
    done = shell("channels", "connect")
    assert done.code == 1
    assert "FIX  line.menus: “Not now, but at some later time” is too long" in done.out
    assert stands.line.webhook_url == f"{PUBLIC}/line/webhook", "the rest is done all the same"


def test_polling_takes_the_webhook_away(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    stands.telegram.pending.append({"update_id": 1})
    shell.set(TELEGRAM_MODE="polling")
    assert connected(shell)["telegram.webhook"] == "set "
    assert stands.telegram.webhook.url == ""
    assert stands.telegram.pending, "customers' answers were thrown away"
    assert connected(shell)["telegram.webhook"] == "ok  "


def test_a_polling_bot_alone_needs_no_public_address(shell: Shell) -> None:
    shell.set(LINE_CHANNEL_SECRET="", LINE_CHANNEL_ACCESS_TOKEN="", PUBLIC_URL="", TELEGRAM_MODE="polling")
    assert connected(shell) == {"telegram.webhook": "ok  ", "telegram.commands": "set "}


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Set KAKUNIN_PUBLIC_URL"),
        ("http://kakunin.example.co.jp", "https://"),
        ("kakunin.example.co.jp", "https://"),
        ("https://", "https://"),
        ("https://kakunin.example.co.jp:8080", "8443"),
        ("https://user@kakunin.example.co.jp", "without name"),
        ("https://kakunin.example.co.jp/?x=1", "without name"),
        ("https://kakunin.example.co.jp:port", "is no address"),
        ("https://kakunin.example.co.jp/" + "x" * 500, "too long"),
    ],
)
def test_an_address_that_no_platform_takes(shell: Shell, stands: Platforms, url: str, words: str) -> None:
    shell.set(PUBLIC_URL=url)
    assert words in shell.refused("channels", "connect")
    assert stands.line_calls.calls == []


def test_no_channel_is_on(shell: Shell) -> None:
    shell.set(LINE_CHANNEL_SECRET="", TELEGRAM_BOT_TOKEN="")
    for command in ("connect", "status"):
        assert "No channel is on" in shell.refused("channels", command)


def test_one_platform_that_refuses_does_not_keep_the_other_from_being_connected(
    shell: Shell, stands: Platforms
) -> None:
    shell.set(LINE_CHANNEL_ACCESS_TOKEN="wrong")
    done = shell("channels", "connect")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "FIX  line.reach: It does not take our token" in done.out
    assert stands.telegram.webhook.url == f"{PUBLIC}/telegram/webhook"


def test_too_many_calls_are_said_and_the_next_time_goes_on(shell: Shell, stands: Platforms) -> None:
    stands.line.menus.faults.add(None, Trouble.RATE)
    done = shell("channels", "connect")
    assert done.code == 1
    assert "FIX  line.reach: It refused: 429" in done.out
    assert connected(shell)["line.menus"] == "set "
    assert len(stands.line.menus.menus) == MENUS, "menus of the first try were left behind"


def test_line_that_cannot_reach_the_webhook(shell: Shell, stands: Platforms) -> None:
    stands.webhook_status = 502
    done = shell("channels", "connect")
    assert done.code == 1
    assert "FIX  line.webhook_test: LINE cannot reach" in done.out
    assert "502" in done.out
    stands.line.account.webhook_active = False
    assert "turn on “Use webhook”" in shell("channels", "connect").out


# Status -----------------------------------------------------------------------------------------


def test_all_is_well(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    stands.line.quota = 1000
    code, wrong = findings(shell, "fix")
    assert (code, wrong) == (0, {})
    hints = findings(shell, "hint")[1]
    # What cannot be asked is said all the same.
    assert hints.keys() == {"line.redelivery"}
    facts = json.loads(shell("channels", "status", "--json").out)["channels"]
    assert facts["line"]["webhook"]["url"] == f"{PUBLIC}/line/webhook"
    assert facts["line"]["webhook"]["test"] == {"success": True, "status": 200, "reason": "OK"}
    assert facts["line"]["quota"] == {"limit": 1000, "used": 0}
    assert facts["line"]["account"]["chat_mode"] == "bot"
    assert len(facts["line"]["menus"]["names"]) == MENUS
    assert facts["telegram"]["webhook"]["pending_updates"] == 0
    assert facts["telegram"]["webhook"]["allowed_updates"] == list(ALLOWED_UPDATES)
    assert facts["telegram"]["account"]["username"] == "kakunin_bot"


def _telegram_error(stands: Platforms, age: timedelta) -> None:
    stands.telegram.webhook.last_error = "Connection refused"
    stands.telegram.webhook.last_error_at = Universe.real().now() - age


def _used(stands: Platforms, used: int) -> None:
    stands.line.quota, stands.line.pushed = 1000, used


WRONG: list[tuple[str, Callable[[Platforms], Any], str]] = [
    ("line.chat_mode", lambda s: setattr(s.line.account, "chat_mode", "chat"), "recorded nowhere"),
    ("line.basic_id", lambda s: setattr(s.line.account, "basic_id", "@other"), "@other"),
    ("line.webhook_switch", lambda s: setattr(s.line.account, "webhook_active", False), "Use webhook"),
    ("line.webhook", lambda s: setattr(s.line, "webhook_url", f"{s.api_base}/line/webhook"), PUBLIC),
    ("line.webhook", lambda s: setattr(s.line, "webhook_url", ""), "There is no webhook"),
    ("line.webhook_test", lambda s: setattr(s, "webhook_status", 500), "500"),
    ("line.quota", lambda s: _used(s, 800), "800 of 1000"),
    ("telegram.username", lambda s: setattr(s.telegram, "username", "other_bot"), "other_bot"),
    (
        "telegram.webhook",
        lambda s: setattr(s.telegram.webhook, "url", "https://old.example.jp/"),
        "https://old.example.jp/",
    ),
    ("telegram.webhook", lambda s: setattr(s.telegram.webhook, "url", ""), "There is no webhook"),
    (
        "telegram.allowed_updates",
        lambda s: setattr(s.telegram.webhook, "allowed_updates", ["message"]),
        "my_chat_member",
    ),
    ("telegram.pending_updates", lambda s: s.telegram.pending.extend([{}] * 101), "101 updates"),
    ("telegram.last_error", lambda s: _telegram_error(s, timedelta(minutes=5)), "Connection refused"),
]


@pytest.mark.parametrize(("part", "spoil", "words"), WRONG, ids=[f"{part}-{words}" for part, _, words in WRONG])
def test_what_is_wrong_is_said_in_words(
    shell: Shell, stands: Platforms, part: str, spoil: Callable[[Platforms], Any], words: str
) -> None:
    connected(shell)
    spoil(stands)
    code, wrong = findings(shell, "fix")
    assert (code, wrong.keys()) == (1, {part})
    assert words in wrong[part]


def test_what_is_nearly_wrong_is_not(shell: Shell, stands: Platforms) -> None:
    """Negative control of the test above."""
    connected(shell)
    _used(stands, 799)
    _telegram_error(stands, timedelta(hours=2))
    stands.telegram.pending.extend([{}] * 100)
    stands.telegram.webhook.allowed_updates = None
    assert findings(shell, "fix") == (0, {})


def test_polling_while_a_webhook_is_set(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    shell.set(TELEGRAM_MODE="polling")
    code, wrong = findings(shell, "fix")
    assert (code, wrong.keys()) == (1, {"telegram.webhook"})


def test_what_is_not_set_can_be_set(shell: Shell) -> None:
    connected(shell)
    shell.set(LINE_BASIC_ID="", TELEGRAM_BOT_USERNAME="", PUBLIC_URL="")
    code, hints = findings(shell, "hint")
    assert code == 0
    assert hints.keys() >= {"line.basic_id", "telegram.username", "line.webhook", "telegram.webhook"}


def test_before_anything_is_connected_the_command_is_named(shell: Shell) -> None:
    hints = findings(shell, "hint")[1]
    assert "kakunin channels connect" in hints["line.menus"]
    assert "kakunin channels connect" in hints["telegram.commands"]


def test_line_tries_the_webhook_sixty_times_an_hour(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    stands.line.account._tests.extend([stands.clock.now()] * 60)
    code, hints = findings(shell, "hint")
    assert code == 0
    assert "sixty times an hour" in hints["line.webhook_test"]


def test_the_bank_reads_its_own_language(shell: Shell, stands: Platforms) -> None:
    connected(shell)
    shell.set(DEFAULT_LOCALE="ja")
    stands.line.account.chat_mode = "chat"
    wrong = findings(shell, "fix")[1]
    assert "記録に残りません" in wrong["line.chat_mode"]


def test_a_platform_that_is_away_is_a_finding(shell: Shell) -> None:
    shell.set(LINE_API_BASE="http://127.0.0.1:1", TELEGRAM_API_BASE="http://127.0.0.1:1")
    code, wrong = findings(shell, "fix")
    assert (code, wrong.keys()) == (1, {"line.reach", "telegram.reach"})
    assert shell("channels", "connect").code == 1
