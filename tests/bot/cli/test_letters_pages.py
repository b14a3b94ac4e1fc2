"""``kakunin letters make --pdf --merge``, ``draw``, ``reissue`` and ``revoke``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.audit import list_entries
from storage.link_codes import find_link_code
from tests.bot.cli.shell import HANAKO, HEADER, TARO, Shell
from tests.bot.outreach.printed import printed


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys, upgraded=True)
    header, taro, hanako = (
        f"{line},{more}"
        for line, more in zip((HEADER, TARO, HANAKO), ("address", "東京都港区1-1", "大阪府堺市2-2"), strict=True)
    )
    shell("customers", "import", shell.write("m.csv", header, taro, hanako))
    shell("cases", "open", "--due-by", "2030-01-01")
    shell.set(LINE_BASIC_ID="@bank", TELEGRAM_BOT_USERNAME="bank_bot")
    return shell


def state(shell: Shell, code: str) -> str:
    with shell.database() as database:
        link = database.run_read(lambda conn: find_link_code(conn, database.vault, code))
    assert link is not None
    return link.state


@pytest.mark.slow
def test_the_letters_lie_beside_their_codes(shell: Shell) -> None:
    folder = shell.folder
    wanted = ("--out", folder / "c.csv", "--pdf", folder / "l.pdf", "--merge", folder / "m2.csv", "--encoding", "cp932")
    done = shell("letters", "make", *wanted)
    assert done.code == 0, done
    codes = shell.read("c.csv")
    (pages,) = printed(folder, "*.pdf")
    assert [pages.codes(at) for at in range(2)] == [[row["line_url"], row["telegram_url"]] for row in codes]
    assert [row["addressee"] for row in shell.read("m2.csv", "cp932")] == ["髙橋 太郎 様", "佐藤 花子 様"]
    assert not any(row["code"] in done.out + done.err for row in codes)
    # The pages are lost, the codes are not: the same letters once more, and no code is made.
    (folder / "l.pdf").unlink()
    again = shell("letters", "draw", folder / "c.csv", "--pdf", folder / "l.pdf", "--json")
    assert (again.code, json.loads(again.out)["letters"]) == (0, 2)
    (pages,) = printed(folder, "*.pdf")
    assert [pages.codes(at)[0] for at in range(2)] == [row["line_url"] for row in codes]


def test_a_new_letter_revokes_the_one_before_and_a_revoked_code_links_nobody(shell: Shell) -> None:
    folder = shell.folder
    shell("letters", "make", "--out", folder / "c.csv")
    old = {row["customer_no"]: row["code"] for row in shell.read("c.csv")}
    wanted = ("--customer", "0001", "--out", folder / "again.csv", "--pdf", folder / "again.pdf")
    assert shell("letters", "reissue", *wanted).code == 0
    (fresh,) = shell.read("again.csv")
    assert (state(shell, old["0001"]), state(shell, fresh["code"])) == ("revoked", "active")
    done = shell("letters", "revoke", "--customer", "0002", "--json")
    assert json.loads(done.out) == {"revoked": 1}
    assert state(shell, old["0002"]) == "revoked"
    assert json.loads(shell("letters", "revoke", "--customer", "0002", "--json").out) == {"revoked": 0}
    with shell.database() as database:
        deeds = [one for one in database.run_read(list_entries) if one.action == "letter.revoked"]
    assert [one.actor_kind for one in deeds] == ["os_user"]
    assert shell("audit", "verify").code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("make", "--out", "{folder}/c.csv", "--pdf", "{folder}/none/l.pdf"),
        ("make", "--out", "{folder}/c.csv", "--merge", "{folder}/c.csv"),
        ("make", "--out", "{folder}/c.csv", "--merge", "{folder}/x.csv", "--encoding", "latin-1"),
        ("reissue", "--out", "{folder}/c.csv", "--customer", "0009"),
        ("revoke", "--customer", "0009"),
        ("draw", "{folder}/m.csv"),
        ("draw", "{folder}/m.csv", "--pdf", "{folder}/l.pdf"),
        ("draw", "{folder}/none.csv", "--pdf", "{folder}/l.pdf"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_makes_nothing(shell: Shell, arguments: tuple[str, ...]) -> None:
    shell.refused("letters", *(one.format(folder=shell.folder) for one in arguments))
    assert sorted(path.suffix for path in shell.folder.iterdir() if path.stem in ("c", "l", "x")) == []


@pytest.mark.parametrize("window", ["20,12", "a,b,c,d", "20,12,20,45", "100,12,90,45"])
def test_a_window_that_no_page_has_is_refused_by_its_name(shell: Shell, window: str) -> None:
    shell.set(LETTER_WINDOW=window)
    assert "LETTER_WINDOW" in shell.refused("letters", "make", "--out", shell.folder / "c.csv")
