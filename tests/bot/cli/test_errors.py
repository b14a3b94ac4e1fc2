"""Bad settings and bad input: exit code 2, one sentence on stderr, no secret in it, nothing half-done."""

from __future__ import annotations

import base64
import socket
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest
import typer

from bot.cli import errors
from bot.settings import load_settings, unknown_variables
from storage import migrations
from tests.bot.cli.shell import HEADER, KEYS, TARO, Shell

#: Stands in every value that must not be shown.
SECRET = "hunter2"
OTHER_KEYS = "k1:" + base64.b64encode(bytes(range(32))).decode()


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    shell = Shell(tmp_path, monkeypatch, capsys)
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty").touch()
    (tmp_path / "bytes.yaml").write_bytes(b"\xff\xfe\x00\x81" + SECRET.encode())
    (tmp_path / "bytes.csv").write_bytes(b"\x81\xff\x00\xa0\n")
    (tmp_path / "form.txt").write_text("survey: []", encoding="utf-8")
    (tmp_path / "garbage.toml").write_text(f'bank_name = "x"\n= {SECRET}\n', encoding="utf-8")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe" + SECRET.encode())
    (tmp_path / "unknown.toml").write_text(f'line_chanel_secret = "{SECRET}"\n', encoding="utf-8")
    (tmp_path / "table.toml").write_text(f'[line_channel_secret]\nvalue = "{SECRET}"\n', encoding="utf-8")
    yield shell
    # Whoever reads the terminal or the log of a failed start learns no secret.
    assert SECRET not in "".join(capsys.readouterr())


def contents(folder: Path) -> dict[str, bytes | None]:
    return {path.name: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(shell: Shell, *arguments: str) -> str:
    """The sentence of a command that leaves the folder as it was."""
    before = contents(shell.folder)
    sentence = shell.refused(*(argument.format(folder=shell.folder) for argument in arguments))
    assert contents(shell.folder) == before
    assert SECRET not in sentence
    assert "Traceback" not in sentence
    return sentence


SETTINGS = [
    ("TIME_ZONE", "Mars/Base", "KAKUNIN_TIME_ZONE is no known time zone"),
    ("TIME_ZONE", "Asia", "KAKUNIN_TIME_ZONE is no known time zone"),
    ("TIME_ZONE", "../etc/passwd", "KAKUNIN_TIME_ZONE is no known time zone"),
    ("TIME_ZONE", "", "KAKUNIN_TIME_ZONE is no known time zone"),
    ("PORT", "eighty", "KAKUNIN_PORT"),
    ("CONSOLE_PORT", "65536", "KAKUNIN_CONSOLE_PORT"),
    ("DEFAULT_LOCALE", "fr", "KAKUNIN_DEFAULT_LOCALE"),
    ("TELEGRAM_MODE", SECRET, "KAKUNIN_TELEGRAM_MODE"),
    ("ALLOW_DRAFTS", SECRET, "KAKUNIN_ALLOW_DRAFTS"),
    ("CONTENT_DIR", "{folder}/none", "KAKUNIN_CONTENT_DIR names no folder"),
    ("CONTENT_DIR", "{folder}/form.txt", "KAKUNIN_CONTENT_DIR names no folder"),
    ("ENCRYPTION_KEYS", SECRET, "id:base64key"),
    ("ENCRYPTION_KEYS", f"k1:{SECRET}!", "base64"),
    ("ENCRYPTION_KEYS", "k1:AAAA", "32 bytes"),
    ("ENCRYPTION_KEYS", f"{KEYS},{KEYS}", "used twice"),
    ("ENCRYPTION_KEYS_FILE", "{folder}/none", "KAKUNIN_ENCRYPTION_KEYS_FILE"),
    ("LINE_CHANNEL_SECRET_FILE", "{folder}/folder", "KAKUNIN_LINE_CHANNEL_SECRET_FILE"),
    ("TELEGRAM_BOT_TOKEN_FILE", "{folder}/bytes.yaml", "KAKUNIN_TELEGRAM_BOT_TOKEN_FILE"),
    ("TELEGRAM_SECRET_TOKEN_FILE", "{folder}/empty", "file that is empty"),
    ("CONFIG", "{folder}/none.toml", "KAKUNIN_CONFIG"),
    ("CONFIG", "{folder}/folder", "KAKUNIN_CONFIG"),
    ("CONFIG", "{folder}/garbage.toml", "line 2"),
    ("CONFIG", "{folder}/bytes.toml", "not UTF-8"),
    ("CONFIG", "{folder}/unknown.toml", "line_chanel_secret"),
    ("CONFIG", "{folder}/table.toml", "KAKUNIN_LINE_CHANNEL_SECRET"),
    ("DATABASE_URL", SECRET, "DATABASE_URL"),
    ("DATABASE_URL", f"mysql://u:{SECRET}@localhost/kakunin", "sqlite:// or postgresql://"),
    ("DATABASE_URL", "sqlite://", "must name a file"),
    ("DATABASE_URL", f"postgresql://u:{SECRET}@localhost:abc/kakunin", "KAKUNIN_DATABASE_URL has a port"),
    ("DATABASE_URL", f"postgresql://u:{SECRET}@localhost:99999/kakunin", "KAKUNIN_DATABASE_URL has a port"),
    ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:1/kakunin?nonsense=1", "nonsense"),
    ("DATABASE_URL", f"postgresql://u:{SECRET}@127.0.0.1:1/kakunin?sslmode=nonsense", "sslmode"),
    ("DATABASE_URL", "sqlite:///{folder}/none/kakunin.db", "folder of the store"),
    ("DATABASE_URL", "sqlite:///{folder}/folder", "not a SQLite database"),
    ("DATABASE_URL", "sqlite:///{folder}/bytes.yaml", "not a SQLite database"),
]


@pytest.mark.parametrize(("name", "value", "words"), SETTINGS)
def test_a_wrong_setting_is_one_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    if name == "ENCRYPTION_KEYS_FILE":
        monkeypatch.delenv("KAKUNIN_ENCRYPTION_KEYS")
    shell.set(**{name: value.format(folder=shell.folder)})
    assert words in refused(shell, "content", "list")


@pytest.mark.parametrize("command", [("db", "upgrade"), ("db", "current"), ("serve",), ("cases", "open")])
def test_a_server_that_is_not_there(shell: Shell, command: tuple[str, ...]) -> None:
    """A failure and no bad setting: systemd starts nothing again that ended with 2, and the server may be back soon."""
    shell.set(DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:1/k?nonsense=1")
    assert "The database cannot be used" in refused(shell, *command)
    shell.set(DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:1/k")
    done = shell(*command)
    assert (done.code, done.out, done.err.count("\n")) == (1, "", 1)
    assert "port 1 failed" in done.err


def test_a_reader_of_replies_needs_the_settings_too(shell: Shell) -> None:
    shell.set(TIME_ZONE="Mars")
    assert "KAKUNIN_TIME_ZONE" in refused(shell, "reply", "date", "2026-11-23")


COMMANDS = [
    ("nonsense",),
    ("db", "nonsense"),
    ("serve", "--nonsense"),
    ("serve", "--roles", "kitchen"),
    ("serve", "--roles", ","),
    ("demo", "--port", "99999"),
    ("demo", "--port", "eighty"),
    ("customers", "import"),
    ("letters", "make"),
    ("letters", "make", "--out", "{folder}/letters.csv", "--valid-days", "x"),
    ("letters", "make", "--out", "{folder}/none/letters.csv"),
    ("content", "export", "abc"),
    ("questionnaire", "check", "{folder}/none.yaml"),
    ("questionnaire", "check", "{folder}/folder"),
    ("questionnaire", "check", "{folder}/bytes.yaml"),
    ("questionnaire", "check", "{folder}/form.txt"),
    ("questionnaire", "play", "{folder}/none.yaml"),
    ("questionnaire", "play", "{folder}/folder"),
    ("questionnaire", "play", "{folder}/bytes.yaml"),
    ("questionnaire", "play", "individual", "--today", "tomorrow"),
    ("chat", "--questionnaire", "nonsense"),
    ("chat", "--locale", "fr"),
    ("faq", "match", "--topics", "{folder}/none.jsonl"),
    ("faq", "match", "--topics", "{folder}/folder"),
    ("faq", "match", "--topics", "{folder}/bytes.yaml"),
    ("reply",),
    ("reply", "nonsense", "x"),
    ("reply", "date", "x", "--today", "tomorrow"),
    ("customers", "import", "{folder}/none.csv"),
    ("customers", "import", "{folder}/folder"),
    ("customers", "import", "{folder}/empty"),
    ("customers", "import", "{folder}/bytes.csv"),
    ("customers", "import", "{folder}/form.txt", "--encoding", "latin-1"),
    ("customers", "import", "{folder}/form.txt", "--mapping", "{folder}/bytes.yaml"),
    ("customers", "import", "{folder}/form.txt", "--rejects", "{folder}/folder"),
    ("reconcile", "files", "{folder}/none.csv", "{folder}/form.txt", "--out", "{folder}/o.csv"),
    ("reconcile", "files", "{folder}/bytes.csv", "{folder}/form.txt", "--out", "{folder}/o.csv"),
    ("reconcile", "files", "{folder}/form.txt", "{folder}/form.txt", "--out", "{folder}/form.txt"),
    ("reconcile", "run", "--limit", "0"),
    ("cases", "open", "--due-by", "tomorrow"),
    ("cases", "open", "--cause", "whim"),
    ("staff", "add", "sato", "--role", "boss\nof all"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_bad_usage_and_bad_files_are_one_sentence(shell: Shell, arguments: tuple[str, ...]) -> None:
    # The demo refuses settings first; here its own options are meant.
    if arguments[0] == "demo":
        shell.clear()
    refused(shell, *arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        ("content", "export", "abc", "--out", "{folder}/x.yaml"),
        ("letters", "unlock", "--customer", "9"),
        ("letters", "make", "--out", "{folder}/letters.csv", "--customer", "9"),
        ("cases", "open", "--customer", "9"),
        ("export", "responses", "--out", "{folder}/form.txt/deeper"),
        ("export", "responses", "--out", "/proc/self/kakunin"),
        ("export", "responses", "--out", "{folder}/x", "--since", "7"),
    ],
    ids=" ".join,
)
def test_what_the_store_does_not_hold_is_one_sentence(shell: Shell, arguments: tuple[str, ...]) -> None:
    assert shell("content", "publish").code == 0
    sentence = shell.refused(*(argument.format(folder=shell.folder) for argument in arguments))
    # Every placeholder is filled.
    assert "{" not in sentence
    assert not [path.name for path in shell.folder.iterdir() if path.name.startswith(("x", "letters"))]


def test_help_without_a_command_goes_to_stdout(shell: Shell) -> None:
    for arguments in ((), ("content",)):
        done = shell(*arguments)
        assert done.code == 2
        assert "Usage" in done.out
        assert done.err.count("\n") == 1
        assert done.err.strip()


def test_keys_that_are_not_those_of_the_store(shell: Shell) -> None:
    shell("customers", "import", shell.write("m.csv", HEADER, TARO))
    for keys, words in (
        (OTHER_KEYS, "store_secret"),
        ("other:" + OTHER_KEYS.partition(":")[2], "needs encryption key 'k1'"),
    ):
        shell.set(ENCRYPTION_KEYS=keys)
        for command in ("cases", "open"), ("serve",), ("audit", "verify"), ("db", "upgrade"):
            assert words in shell.refused(*command)


def test_a_key_file_that_is_lost_is_not_made_anew(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KAKUNIN_ENCRYPTION_KEYS")
    made = shell("content", "list")
    assert (made.code, made.err.count("\n"), "kakunin.key" in made.err) == (0, 1, True)
    key = shell.folder / "kakunin.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert (shell("content", "list").code, shell("content", "list").err) == (0, "")
    key.unlink()
    assert "kakunin.key" in refused(shell, "content", "list")
    key.write_text(SECRET, encoding="utf-8")
    refused(shell, "content", "list")


def revision(shell: Shell, number: str) -> None:
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [number])
    connection.close()


@pytest.mark.parametrize("command", [("cases", "open"), ("serve",), ("content", "publish"), ("audit", "verify")])
def test_an_older_and_a_newer_store(shell: Shell, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    assert shell("content", "list").code == 0
    revision(shell, "9999")
    assert "newer version of kakunin" in shell.refused(*command)
    revision(shell, "0000")
    monkeypatch.setattr(migrations, "REVISIONS", ("0000", *migrations.REVISIONS))
    assert "kakunin db upgrade" in shell.refused(*command)


def test_tables_of_another_program_are_left_alone(shell: Shell) -> None:
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        connection.execute("CREATE TABLE theirs (id INTEGER)")
    connection.close()
    assert "another program" in shell.refused("content", "publish")
    with sqlite3.connect(shell.folder / "kakunin.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("theirs",)]
    connection.close()


@pytest.mark.parametrize("name", ["LINE_CHANNEL_SECRET", "DATABASE_URL", "CONFIG", "TELEGRAM_BOT_TOKEN_FILE"])
def test_the_demo_meets_no_real_settings(shell: Shell, name: str) -> None:
    shell.clear()
    shell.set(**{name: SECRET})
    assert f"unset KAKUNIN_{name}." in refused(shell, "demo", "--once")


def test_the_demo_says_that_its_port_is_taken(shell: Shell) -> None:
    shell.clear()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Port {port} is in use" in refused(shell, "demo", "--port", str(port))


# Settings that are empty, or spelt wrong ---------------------------------------------------------


def test_an_empty_secret_is_no_secret(shell: Shell) -> None:
    shell.set(
        LINE_CHANNEL_SECRET="", LINE_CHANNEL_ACCESS_TOKEN="t", TELEGRAM_BOT_TOKEN="1:t", TELEGRAM_SECRET_TOKEN=" "
    )
    shell.set(CONTENT_DIR="", ENCRYPTION_KEYS="")
    settings = load_settings()
    assert (settings.line_is_on, settings.telegram_is_on) == (False, False)
    assert (settings.content_dir, settings.encryption_keys) == (None, None)


def test_secrets_come_from_files_and_the_environment_comes_first(shell: Shell) -> None:
    file = shell.folder / "secret"
    file.write_bytes(b"\xef\xbb\xbffrom the file\r\n")
    shell.set(LINE_CHANNEL_SECRET_FILE=str(file), TELEGRAM_BOT_TOKEN_FILE=str(file), TELEGRAM_BOT_TOKEN="1:own")
    settings = load_settings()
    assert settings.line_channel_secret is not None
    assert settings.line_channel_secret.get_secret_value() == "from the file"
    assert settings.telegram_bot_token is not None
    assert settings.telegram_bot_token.get_secret_value() == "1:own"
    assert "from the file" not in repr(settings)


def test_the_config_file_stands_behind_the_environment(shell: Shell) -> None:
    file = shell.folder / "kakunin.toml"
    file.write_text(
        'bank_name = "file"\nbank_phone = "03"\nsensitive_channels = ["line", "telegram"]', encoding="utf-8"
    )
    shell.set(CONFIG=str(file), BANK_NAME="environment")
    settings = load_settings()
    assert (settings.bank_name, settings.bank_phone) == ("environment", "03")
    assert settings.sensitive_channels == ("line", "telegram")


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:///C:/kakunin.db",
        "sqlite:////var/lib/kakunin.db",
        "postgresql://kakunin:a/b@db:5432/kakunin",
        "postgresql://db/kakunin",
        "postgresql://u:p@[::1]:5432/kakunin",
        "postgresql:///kakunin?host=/run/postgresql",
    ],
)
def test_addresses_that_are_good(shell: Shell, address: str) -> None:
    shell.set(DATABASE_URL=address)
    assert load_settings().database_url == address


def test_names_that_nobody_reads_are_found(shell: Shell) -> None:
    shell.set(LINE_CHANEL_SECRET="x", PORT_FILE="x", LINE_CHANNEL_SECRET_FILE="x", CONFIG="x")
    assert list(unknown_variables()) == ["KAKUNIN_LINE_CHANEL_SECRET", "KAKUNIN_PORT_FILE"]


# How commands end --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (errors.UserError("two\nlines"), 2, "two lines\n"),
        (errors.Failed("it broke"), 1, "it broke\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Abort(), 130, ""),
        (OSError(28, "No space left on device", "out.csv"), 1, "out.csv: No space left on device.\n"),
    ],
)
def test_every_end_has_its_code(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int, said: str
) -> None:
    def check_up() -> None:
        raise raised

    monkeypatch.setattr("bot.cli.checkup.check_up", check_up)
    done = shell("doctor")
    # Typer moves the cursor to a new line after Ctrl+C.
    assert (done.code, done.out, done.err.lstrip("\n")) == (code, "", said)


def test_a_fault_shows_its_place_and_not_what_it_was_about(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def check_up() -> None:
        raise ValueError(f"the customer said {SECRET}")

    monkeypatch.setattr("bot.cli.checkup.check_up", check_up)
    done = shell("doctor")
    assert (done.code, done.out) == (1, "")
    assert "ValueError" in done.err
    assert "test_errors.py" in done.err
    assert SECRET not in done.err
    assert "Traceback" not in done.err


def test_the_version_is_told_with_its_schema(shell: Shell) -> None:
    """What somebody who upgrades compares; no store is touched for it."""
    done = shell("--version")
    assert (done.code, done.out, done.err) == (0, f"kakunin {version('kakunin')} (schema {migrations.HEAD})\n", "")
    assert not list(shell.folder.glob("kakunin.*"))
