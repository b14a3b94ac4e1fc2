"""A built wheel holds everything the program reads, and works from any directory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "dialogs", "locales", "storage")
REPLIES = Path(__file__).with_name("individual_replies.jsonl")

pytestmark = pytest.mark.slow


def run(*words: str | Path, cwd: Path, stdin: str = "") -> str:
    """What the command prints; neither settings nor the source tree reach it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("KAKUNIN_", "PYTHON"))}
    done = subprocess.run(
        words, cwd=cwd, env=env | {"PYTHONUTF8": "1"}, input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``bin`` of an environment with this wheel; the libraries are borrowed from the environment of the tests."""
    home = tmp_path_factory.mktemp("fresh")
    venv.create(home, symlinks=True, with_pip=False)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-qq", "--no-index", "--no-deps", wheel, cwd=home)
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    # A path in a .pth file brings the libraries, but not the .pth file by which the source tree is installed there.
    borrowed = home / "lib" / version / "site-packages" / "borrowed.pth"
    borrowed.write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return home / "bin"


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    here = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    there = {name for name in zipfile.ZipFile(wheel).namelist() if name.split("/")[0] in PACKAGES}
    assert here ^ there == set()


def test_the_wheel_carries_licence_and_readme(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    assert any(name.endswith("/licenses/LICENSE") for name in names)
    (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
    text = archive.read(metadata).decode()
    assert "License-Expression: Apache-2.0" in text
    assert "Requires-Python: <3.14,>=3.11" in text


def test_the_installed_program_is_the_wheel(installed: Path, tmp_path: Path) -> None:
    places = run(installed / "python", "-c", "import bot, dialogs, locales, storage; print(bot.__file__)", cwd=tmp_path)
    assert Path(places.strip()).is_relative_to(installed.parent)


def test_the_installed_program_answers_for_help(installed: Path, tmp_path: Path) -> None:
    assert "questionnaire" in run(installed / "kakunin", "--help", cwd=tmp_path)


def test_the_installed_program_plays_a_form_to_its_end(installed: Path, tmp_path: Path) -> None:
    words = ("questionnaire", "play", "individual", "--json", "--today", "2026-11-24")
    printed = run(installed / "kakunin", *words, cwd=tmp_path, stdin=REPLIES.read_text(encoding="utf-8"))
    turns = [json.loads(line) for line in printed.splitlines()]
    assert turns[0]["asked"] == "consent"
    assert turns[-1]["phase"] == "completed"
    assert turns[-1]["answers"]["postal_code"] == "1000001"
    assert list(tmp_path.iterdir()) == []
