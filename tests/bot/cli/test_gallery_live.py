"""``kakunin gallery --live``: what customers hear now, which a file may say otherwise already."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.gallery import _content
from bot.cli.office import Office
from tests.bot.cli.shell import Shell
from tests.bot.cli.test_content import OWN_FORM, OWN_TOPIC


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    shell.set(CONTENT_DIR=str(tmp_path / "own"))
    for folder in ("questionnaires", "locales/ja"):
        (tmp_path / "own" / folder).mkdir(parents=True)
    return shell


def write(shell: Shell, form: str, topic: str) -> None:
    (shell.folder / "own" / "questionnaires" / "individual.yaml").write_text(form, encoding="utf-8")
    (shell.folder / "own" / "locales" / "ja" / "faq.yaml").write_text(topic, encoding="utf-8")


def shown(*, live: bool) -> tuple[str, str]:
    """The first question, and the answer of the bank's own topic."""
    content = _content(Office(), (), live=live)
    (form,) = (form for form in content.forms if form.id == "individual")
    return form.questions[0].label["ja"], content.topics["ja"]["own_topic"].answer


def test_before_anything_is_published_there_is_none(shell: Shell) -> None:
    assert "content publish" in shell.refused("gallery", "--live", "--out", "x.html")


def test_it_shows_what_is_live_and_not_what_would_be_published(shell: Shell) -> None:
    form = OWN_FORM.replace("branch_visit", "individual")
    write(shell, form, OWN_TOPIC)
    assert shell("content", "publish").code == 0
    write(shell, form.replace("ご用件を", "ご用の向きを"), OWN_TOPIC.replace("窓口で", "お電話で"))
    assert shown(live=True) == ("ご用件を教えてください。", "{bank_name}の窓口でお受けします。")
    assert shown(live=False) == ("ご用の向きを教えてください。", "{bank_name}のお電話でお受けします。")
