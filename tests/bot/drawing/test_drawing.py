"""A form as a drawing: readable on A3, nothing over anything else, and every question and way out in it."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.cli import run
from bot.drawing.layout import HEIGHT, WIDTH, Line, Page, Rect, lay_out, width_of
from bot.drawing.outline import Box, Item, outline
from bot.drawing.svg import draw
from dialogs.definition.checker import check
from dialogs.definition.issues import Severity
from dialogs.definition.model import Questionnaire, QuestionType
from dialogs.definition.yaml_format import load_shipped, read_questionnaire, shipped_names
from locales import VOICES, load_catalogue

SVG = "{http://www.w3.org/2000/svg}"
POINT = 25.4 / 72
FORMS = [(form, voice) for form in shipped_names() for voice in VOICES]

BRANCHING = """
settings: {id: short, version: "1", title: {ja: 見本}, default_language: ja}
survey:
  - {type: select_one jobs, name: occupation, label: {ja: ご職業は。}, bot: {button: {ja: 職業}, end: ". = 'none'"}}
  - type: text
    name: employer
    label: {ja: お勤め先は。}
    relevant: "${occupation} = 'employee' or ${occupation} = 'other'"
  - {type: integer, name: years, label: {ja: 何年。}, relevant: "${employer} != '' and not(${occupation} = 'other')"}
  - {type: begin_repeat, name: others, label: {ja: ほか}, repeat_count: "${years}", bot: {max_repeats: "3"}}
  - {type: text, name: country, label: {ja: 国は。}, bot: {kind: country, handover: ". = 'PRK'"}}
  - {type: end_repeat, name: others}
choices:
  jobs: [{name: employee, label: {ja: 会社員}}, {name: other, label: {ja: その他}}, {name: none, label: {ja: 無職}}]
"""


def pages_of(form: Questionnaire, voice: str) -> list[Page]:
    return lay_out(outline(form, load_catalogue(voice), voice))


def overlap(one: Rect, other: Rect) -> bool:
    return (
        one.x < other.x + other.width
        and other.x < one.x + one.width
        and one.y < other.y + other.height
        and other.y < one.y + one.height
    )


def boxes(items: tuple[Item, ...]) -> list[Box]:
    return [box for item in items for box in ([item] if isinstance(item, Box) else boxes(item.inside))]


def runs_through(line: Line, rect: Rect) -> bool:
    """Whether a straight part of the line passes the inside of the box."""
    inner = Rect(rect.x + 0.05, rect.y + 0.05, rect.width - 0.1, rect.height - 0.1, rect.kind)
    for (x1, y1), (x2, y2) in pairwise(line.points):
        part = Rect(min(x1, x2), min(y1, y2), abs(x2 - x1) + 1e-6, abs(y2 - y1) + 1e-6, "")
        if overlap(part, inner):
            return True
    return False


@pytest.mark.parametrize(("name", "voice"), FORMS)
def test_nothing_lies_over_anything_else_and_nothing_off_the_sheet(name: str, voice: str) -> None:
    for page in pages_of(load_shipped(name), voice):
        assert page.rects
        assert [pair for pair in combinations(page.rects, 2) if overlap(*pair)] == []
        for rect in page.rects:
            assert rect.x >= 10
            assert rect.x + rect.width <= WIDTH - 10
            assert rect.y >= 28
            assert rect.y + rect.height <= HEIGHT - 10
        assert [(line, rect) for line in page.lines for rect in page.rects if runs_through(line, rect)] == []


@pytest.mark.parametrize(("name", "voice"), FORMS)
def test_every_text_is_in_its_box_and_large_enough_to_read_on_paper(name: str, voice: str) -> None:
    for page in pages_of(load_shipped(name), voice):
        for text in page.texts:
            assert text.size >= 6
            assert width_of(text.words) * text.size * POINT <= text.width + 1e-6, text.words
            top = text.y - text.size * POINT
            around = [r for r in page.rects if r.x <= text.x and top >= r.y and text.y <= r.y + r.height]
            assert [r for r in around if text.x + text.width <= r.x + r.width + 1e-6], text.words
        lines = sorted((text.x, text.y, text.size) for text in page.texts)
        for (x1, y1, _), (x2, y2, size) in pairwise(lines):
            assert x1 != x2 or y2 - y1 >= size * POINT


@pytest.mark.parametrize(("name", "voice"), FORMS)
def test_the_sheets_are_a3_and_say_it_in_points(name: str, voice: str) -> None:
    drawing = ElementTree.fromstring(draw(load_shipped(name), load_catalogue(voice), voice))
    sheets = drawing.findall(f".//{SVG}rect[@class='sheet']")
    assert len(sheets) <= 4
    assert drawing.get("width") == f"{WIDTH:g}mm"
    assert float(str(drawing.get("height")).removesuffix("mm")) == len(sheets) * HEIGHT
    sizes = [float(str(text.get("font-size"))) for text in drawing.iter(f"{SVG}text")]
    assert min(sizes) / POINT >= 6


@pytest.mark.parametrize("name", shipped_names())
def test_every_question_condition_and_way_out_is_drawn(name: str) -> None:
    form = load_shipped(name)
    drawn = {box.name: box for box in boxes(outline(form, load_catalogue("ja"), "ja"))}
    for question in form.questions:
        if question.type is QuestionType.CALCULATE and question.calculation is None:
            continue
        box = drawn[question.name]
        assert [one.kind for one in box.exits] == [
            k for k in ("end", "handover") if getattr(question.bot, k) is not None
        ]
        assert bool(box.choices) == question.is_select


@pytest.mark.parametrize(("name", "voice"), FORMS)
def test_conditions_are_said_in_words(name: str, voice: str) -> None:
    drawing = draw(load_shipped(name), load_catalogue(voice), voice)
    assert "${" not in drawing
    assert not re.search(r"string-length|count-selected|selected\(|coalesce\(", drawing)


def test_a_form_is_drawn_with_its_branches() -> None:
    form = read_questionnaire(BRANCHING, origin="short.yaml")
    ja, en = (draw(form, load_catalogue(voice), voice) for voice in ("ja", "en"))
    for words in (
        "次のとき:「職業」が「会社員」か「その他」",
        "次のとき:「employer」の答えがある かつ 「「職業」が「その他」」ではない",
        "この答えが「無職」 → 提出せずに終わる",
        "この答えが「北朝鮮」 → 係の者へ",
        "くり返し:ほか(「years」、3回まで)",
    ):
        assert words in ja
    assert "If “職業” is “会社員” or “その他”" in en


#: A question that is never asked, a list that nobody uses, a language that lacks one text, and no submission.
FAULTY = """
settings: {id: faulty, version: "1", title: {ja: 見本, en: Sample}, default_language: ja, required_items: [address]}
survey:
  - {type: integer, name: age, label: {ja: 何歳ですか。, en: How old are you?}}
  - {type: text, name: never, label: {ja: 出ません。}, relevant: "${age} < 3 and ${age} > 5"}
  - {type: select_one jobs, name: job, label: {ja: 職業は。, en: Your job?}}
choices:
  jobs: [{name: one, label: {ja: 会社員, en: Employee}}, {name: two, label: {ja: 自営}}]
  unused: [{name: one, label: {ja: 一, en: one}}]
"""


def test_what_the_check_finds_stands_where_it_is() -> None:
    form, say = read_questionnaire(FAULTY, origin="faulty.yaml"), load_catalogue("ja")
    issues = check(form)
    codes = {(issue.code, issue.severity.value) for issue in issues}
    assert {kind for _, kind in codes} == {"error", "warning"}
    at = {box.name: [remark.words for remark in box.remarks] for box in boxes(outline(form, say, "ja", issues))}
    assert sum(map(len, at.values())) == len(issues), "each once, and none is lost"
    for issue in issues:
        where = {"never": "never", "jobs/two": "job"}.get(issue.place.name, "faulty")
        assert [one for one in at[where] if one.endswith(issue.message(say.text))], issue
    assert at["age"] == []
    assert at["job"][0].startswith("two: ")
    drawing = ElementTree.fromstring(draw(form, say, "ja", issues))
    classes = {str(rect.get("class")) for rect in drawing.iter(f"{SVG}rect")}
    assert {"question error", "start error"} <= classes
    assert "question" in classes
    for page in lay_out(outline(form, say, "ja", issues)):
        assert [pair for pair in combinations(page.rects, 2) if overlap(*pair)] == []


def test_the_command_says_how_much_it_has_marked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "faulty.yaml", tmp_path / "faulty.svg"
    source.write_text(FAULTY, encoding="utf-8")
    found = check(read_questionnaire(FAULTY, origin="faulty.yaml"))
    errors = sum(issue.severity is Severity.ERROR for issue in found)
    assert run(["questionnaire", "draw", str(source), "--out", str(out), "--language", "en"]) == 0
    assert f"{errors} error(s) and {len(found) - errors} warning(s)" in capsys.readouterr().err
    assert run(["questionnaire", "draw", "individual", "--out", str(out)]) == 0
    assert capsys.readouterr().err == ""
    assert 'class="question error"' not in out.read_text(encoding="utf-8")


def test_the_same_form_gives_the_same_drawing() -> None:
    form, catalogue = load_shipped("individual"), load_catalogue("ja")
    assert draw(form, catalogue, "ja") == draw(form, catalogue, "ja")


def test_the_command_writes_a_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source, out = tmp_path / "short.yaml", tmp_path / "short.svg"
    source.write_text(BRANCHING, encoding="utf-8")
    assert run(["questionnaire", "draw", str(source), "--language", "en"]) == 0
    assert "1 sheets (A3) is in short.svg" in capsys.readouterr().out
    assert ElementTree.parse(out).getroot().tag == f"{SVG}svg"


@pytest.mark.parametrize("wrong", [["nothing.txt"], ["individual", "--language", "fr"]])
def test_the_command_refuses_what_it_cannot_draw(
    wrong: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "drawing.svg"
    assert run(["questionnaire", "draw", *wrong, "--out", str(out)]) == 2
    assert capsys.readouterr().err
    assert not out.exists()
