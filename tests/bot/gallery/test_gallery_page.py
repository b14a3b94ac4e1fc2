"""The page that compliance signs: complete, without scripts, and told apart from the one before."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.cli import run
from bot.gallery.changes import Manifest, NotReadable, compare, manifest_of, read_manifest
from bot.gallery.entries import Gallery, gallery
from bot.gallery.page import render_page
from locales import load_catalogue
from tests.bot.gallery.conftest import content_of

FORM = """
settings: {id: short, version: "1", title: {ja: 見本}, default_language: ja}
survey:
  - {type: select_one jobs, name: occupation, label: {ja: ご職業は。}, required: true()}
  - {type: text, name: employer, label: {ja: お勤め先は。}, relevant: "${occupation} = 'employee'", required: true()}
choices:
  jobs: [{name: employee, label: {ja: 会社員}}, {name: none, label: {ja: 無職}}]
"""


@pytest.fixture(scope="module")
def small() -> Gallery:
    return gallery(content_of(), ["ja", "en"])


@pytest.fixture(scope="module")
def page(small: Gallery) -> str:
    return render_page(small, content_of(), load_catalogue("ja"), None)


def test_the_page_holds_every_message_with_its_hash(small: Gallery, page: str) -> None:
    for entry in small.entries:
        assert f'id="{entry.anchor}" data-sha256="{entry.sha256}"' in page
    assert page.count(small.sha256) >= 2


def test_the_page_needs_nothing_beside_itself(page: str) -> None:
    assert "<script" not in page
    assert re.findall(r"""(?:src|href)=["'](?!#|data:)""", page) == []
    assert not re.search(r"\son[a-z]+=", page)


def test_what_a_message_says_is_never_read_as_markup() -> None:
    content = content_of()
    content = replace(content, facts={**content.facts, "bank_name": "<b>&銀行"})
    page = render_page(gallery(content, ["ja"]), content, load_catalogue("ja"), None)
    assert "&lt;b&gt;&amp;銀行" in page
    assert "<b>&銀行" not in page


def test_the_page_and_the_list_of_hashes_say_the_same(small: Gallery, page: str, tmp_path: Path) -> None:
    as_page, as_list = tmp_path / "old.html", tmp_path / "old.json"
    as_page.write_text(page, encoding="utf-8")
    as_list.write_text(json.dumps(manifest_of(small)), encoding="utf-8")
    assert read_manifest(as_page) == read_manifest(as_list)
    assert read_manifest(as_page).sha256 == small.sha256


def test_only_what_changed_is_marked(small: Gallery) -> None:
    first, second, *rest = small.entries
    before = {entry.anchor: entry.sha256 for entry in (second, *rest)}
    before[second.anchor] = "0" * 64
    before["engine.gone@ja"] = "1" * 64
    changes = compare(small, Manifest("f" * 64, before))
    assert (changes.state[first.anchor], changes.state[second.anchor]) == ("new", "changed")
    assert changes.removed == ("engine.gone@ja",)
    assert changes.count("same") == len(rest)
    page = render_page(small, content_of(), load_catalogue("en"), changes)
    assert "engine.gone@ja" in page
    assert 'class="card same"' in page
    assert f"{len(rest)} unchanged" in page


@pytest.mark.parametrize("text", ["", "{}", "<html></html>", '{"sha256": "x", "entries": {"a": "b"}}'])
def test_a_file_that_is_no_gallery_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "old").write_text(text, encoding="utf-8")
    with pytest.raises(NotReadable):
        read_manifest(tmp_path / "old")


def test_the_command_writes_the_page_and_says_what_changed(
    small: Gallery, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, old, hashes = tmp_path / "gallery.html", tmp_path / "old.json", tmp_path / "new.json"
    old.write_text(json.dumps(manifest_of(small)), encoding="utf-8")
    (tmp_path / "form.yaml").write_text(FORM, encoding="utf-8")
    options = ["--manifest", str(hashes), "--since", str(old), "--questionnaire", str(tmp_path / "form.yaml")]
    assert run(["gallery", "--out", str(out), *options, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert read_manifest(out) == read_manifest(hashes)
    assert (said["sha256"], said["missing"]) == (read_manifest(out).sha256, [])
    page = out.read_text(encoding="utf-8")
    # The bank of the settings has another name than the one of the old gallery; the form is new.
    assert (said["removed"], 0 < said["changed"] < said["new"] < said["entries"]) == (0, True)
    assert 'id="short.employer" class="card new"' in page
    assert 'id="engine.stale" class="card changed"' in page


def test_the_command_refuses_an_old_gallery_that_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["gallery", "--out", str(tmp_path / "g.html"), "--since", str(tmp_path / "none.html")]) == 2
    assert "none.html" in capsys.readouterr().err
