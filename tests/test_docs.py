"""Whatever can be set, called or written in a form is explained, and nothing else is.

A setting, command or column without its place in ``docs/`` fails here, and so does a place in ``docs/``
for something that is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
import typer
from PIL import Image
from pydantic_core import PydanticUndefined

from bot.cli import app
from bot.settings import Settings
from dialogs.definition.expressions.functions import FUNCTIONS
from dialogs.definition.model import QuestionType
from dialogs.definition.vocabulary import BOT_COLUMNS, BOUNDARIES, KYC_ITEMS, READER_KINDS, SURVEY_COLUMNS
from dialogs.faq.topics import PLACEHOLDERS, Topic, read_topics

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str) -> dict[str, str]:
    """The rows of all tables by the words in code style of their first cell."""
    found: dict[str, str] = {}
    for first, rest in re.findall(r"^\|([^|\n]+)\|(.*)\|$", text, re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", first):
            assert name not in found, f"{name} is explained twice"
            found[name] = rest
    return found


# Settings -------------------------------------------------------------------------------------


def default_of(name: str) -> str:
    default = Settings.model_fields[name].default
    assert default is not PydanticUndefined
    return ",".join(map(str, default)) if isinstance(default, tuple) else "" if default is None else str(default)


def test_every_setting_has_its_row() -> None:
    explained = rows(text_of("settings.md"))
    names = {f"KAKUNIN_{name.upper()}" for name in Settings.model_fields} | {"KAKUNIN_CONFIG"}
    assert explained.keys() ^ names == set()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_the_row_of_a_setting_is_true(name: str) -> None:
    row = rows(text_of("settings.md"))[f"KAKUNIN_{name.upper()}"]
    stated = row.split("|")[0].strip().strip("`")
    assert stated == default_of(name)
    secret = "SecretStr" in str(Settings.model_fields[name].annotation)
    assert secret == (f"`KAKUNIN_{name.upper()}` 🔑" in text_of("settings.md"))


# Commands -------------------------------------------------------------------------------------


@cache
def commands() -> tuple[tuple[str, frozenset[str]], ...]:
    """Every command with its long options."""

    def walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, frozenset[str]]]:
        below = getattr(command, "commands", None)
        if below is not None:
            for name, child in below.items():
                yield from walk(child, (*path, name))
            return
        options = {name for parameter in command.params for name in parameter.opts}  # type: ignore[attr-defined]
        yield " ".join(path), frozenset(name for name in options if name.startswith("--")) - {"--help"}

    return tuple(walk(typer.main.get_command(app), ("kakunin",)))


def sections() -> dict[str, str]:
    parts = re.split(r"^### `([^`]+)`\n", text_of("commands.md"), flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_command_has_its_heading() -> None:
    assert sections().keys() ^ {name for name, _ in commands()} == set()


@pytest.mark.parametrize(("name", "options"), sorted(commands()))
def test_the_options_of_a_command_are_named(name: str, options: frozenset[str]) -> None:
    named = set(re.findall(r"`(--[a-z-]+)`", sections()[name]))
    assert named == options


# The questionnaire file -----------------------------------------------------------------------


def test_every_column_has_its_row() -> None:
    assert rows(text_of("questionnaire.md")).keys() ^ (SURVEY_COLUMNS | BOT_COLUMNS) == set()


def test_every_reader_item_type_and_function_is_named() -> None:
    text = text_of("questionnaire.md")
    explained = rows(text)
    assert set(re.findall(r"[a-z_]{3,}", explained["kind"].partition(":")[2])) == READER_KINDS
    assert set(re.findall(r"[a-z_]{3,}", explained["kyc_item"].partition(":")[2])) == KYC_ITEMS
    types = text.partition("## Types")[2].partition("##")[0]
    assert {word.split()[0] for word in re.findall(r"`([^`]+)`", types)} == BOUNDARIES | set(QuestionType)
    functions = text.partition("The functions:")[2].partition("##")[0]
    assert set(re.findall(r"`([^`]+)`", functions)) == FUNCTIONS.keys()


def test_the_example_of_a_form_passes_the_check() -> None:
    from dialogs.definition.checker import check
    from dialogs.definition.yaml_format import read_questionnaire

    example = re.search(r"```yaml\n(.*?)```", text_of("questionnaire.md"), re.DOTALL)
    assert example is not None
    assert check(read_questionnaire(example[1].encode(), origin="questionnaire.md")) == []


# Pages ----------------------------------------------------------------------------------------

PAGES = sorted([ROOT / "README.md", *DOCS.glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    for link in links:
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        assert target.exists(), link
        assert not anchor or f"# {anchor}" in target.read_text(encoding="utf-8"), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_is_named_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"`((?:bot|dialogs|storage|locales|tests|scripts|docs)/[a-z0-9_./-]+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def named_commands(text: str) -> set[str]:
    """What stands in code style or in a line of its own, and begins like a command."""
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    in_line = re.findall(r"`(?:\.venv/bin/)?(kakunin [a-z][a-z-]*(?: [a-z]+)?)", text)
    return {*in_line, *re.findall(r"^ *(kakunin [a-z][a-z-]*(?: [a-z]+)?)", blocks, re.MULTILINE)}


def exists(named: str) -> bool:
    return any(f"{named} ".startswith(f"{command} ") for command, _ in commands())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_exist_unless_the_page_says_they_do_not(page: Path) -> None:
    parts = re.split(r"^(?=## )", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    missing = "".join(part for part in parts if part.startswith(("## What is not done yet", "## Not there yet")))
    present = "".join(part for part in parts if part not in missing)
    assert [name for name in named_commands(present) if not exists(name)] == []
    assert [name for name in named_commands(missing) if exists(name)] == []


@pytest.mark.parametrize("command", ["sh scripts/demo", "sh scripts/test"])
def test_the_readme_begins_with_the_two_commands(command: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"```sh\n{command}\n```" in readme
    assert (ROOT / command.removeprefix("sh ")).is_file()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_is_named_exists(page: Path) -> None:
    named = re.findall(r"`(tests/[a-z0-9_./-]+\.py)::(\w+)`", page.read_text(encoding="utf-8"))
    for file, name in named:
        source = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"^(?:async )?def {name}\(|^class {name}\b|^{name} = ", source, re.MULTILINE), (
            f"{file}::{name}"
        )


# Pictures -------------------------------------------------------------------------------------

PICTURES = DOCS / "pictures"
#: In bytes: whoever clones the project carries all of them.
LARGEST, ALL_TOGETHER = 150_000, 900_000


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_picture_that_is_shown_is_there_and_says_what_it_shows(page: Path) -> None:
    for words, name in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text(encoding="utf-8")):
        with Image.open(page.parent / name) as picture:
            assert picture.format == "PNG", name
            assert 240 <= picture.width <= 1440, name
            assert 120 <= picture.height <= 1440, name
        assert (page.parent / name).stat().st_size <= LARGEST, name
        assert len(words) >= 10, f"{name} has no words for who cannot see it"


def test_every_picture_is_shown_somewhere() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    shown = {f"{name}.png" for name in re.findall(r"pictures/([a-z-]+)\.png\)", text)}
    assert shown ^ {path.name for path in PICTURES.iterdir()} == set()
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) <= ALL_TOGETHER


# The FAQ file ---------------------------------------------------------------------------------


def test_every_key_of_a_topic_has_its_row() -> None:
    assert rows(text_of("faq.md")).keys() == {field.name for field in fields(Topic)}


def test_the_example_of_a_topic_can_be_published() -> None:
    example = re.search(r"```yaml\n(.*?)```", text_of("faq.md"), re.DOTALL)
    assert example is not None
    (topic,) = read_topics(example[1], "ja")
    assert not topic.is_draft
    assert all(f"`{{{name}}}`" in text_of("faq.md") for name in PLACEHOLDERS)
