"""A drawing as SVG: sheets of A3 one below the other, text as text, nothing that lies elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from bot.drawing.layout import HEIGHT, WIDTH, Line, Page, Rect, Text, lay_out
from bot.drawing.outline import outline
from dialogs.definition.issues import Issue
from dialogs.definition.model import Questionnaire, pick
from locales import Catalogue

_POINT = 25.4 / 72
_FONTS = "'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans','Yu Gothic',sans-serif"
_STYLE = f"""
text {{ font-family: {_FONTS}; fill: #1a1a1a; white-space: pre; }}
text.title {{ font-weight: 700; }}
text.mark {{ fill: #5a3b00; }}
text.error {{ fill: #a31414; font-weight: 700; }}
text.warning {{ fill: #7a4b00; font-weight: 700; }}
text.choices {{ fill: #0b3f7a; }}
rect {{ fill: #fff; stroke: #4d5561; stroke-width: .25; }}
rect.sheet {{ stroke: #c8ccd2; }}
rect.start, rect.finish {{ fill: #e3f1e3; stroke: #1f6b2c; stroke-width: .5; }}
rect.section {{ fill: #e9edf2; stroke: none; }}
rect.note {{ fill: #f7f7f4; stroke-dasharray: .9 .6; }}
rect.value {{ fill: #f1f1f1; stroke: #8a8f98; }}
rect.when {{ fill: #fff4d6; stroke: #8a6100; }}
rect.repeat {{ fill: #e6e9fb; stroke: #3d4aa0; }}
rect.end {{ fill: #fde7e4; stroke: #a32014; }}
rect.handover {{ fill: #fdeed8; stroke: #a35a14; }}
rect.error {{ stroke: #a31414; stroke-width: 1; }}
rect.warning {{ stroke: #b87300; stroke-width: 1; }}
polyline {{ fill: none; stroke: #4d5561; stroke-width: .35; }}
polyline.beside-when {{ stroke: #8a6100; stroke-dasharray: 1.2 .8; }}
polyline.beside-repeat {{ stroke: #3d4aa0; stroke-dasharray: .4 .6; }}
polyline.exit {{ stroke: #a35a14; }}
"""


def draw(form: Questionnaire, catalogue: Catalogue, locale: str, issues: Iterable[Issue] = ()) -> str:
    """The form in one language, and the words of ``catalogue`` beside it; ``issues`` are marked where they are."""
    pages = lay_out(outline(form, catalogue, locale, issues))
    title = pick(form.title, locale, form.default_language)
    # With nothing between them, so that each is a page of its own where they are printed.
    height = len(pages) * HEIGHT
    body = "\n".join(_sheet(page, at, len(pages), title, form, catalogue) for at, page in enumerate(pages))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH:g}mm" height="{height:g}mm"'
        f' viewBox="0 0 {WIDTH:g} {height:g}" role="img" lang="{locale.partition("_")[0]}">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n"
        '<marker id="tip" viewBox="0 0 4 4" refX="3.6" refY="2" markerWidth="2" markerHeight="2"'
        ' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 4 2 0 4z" fill="#4d5561"/></marker>\n'
        f"{body}\n</svg>\n"
    )


def _sheet(page: Page, at: int, count: int, title: str, form: Questionnaire, catalogue: Catalogue) -> str:
    say = catalogue.text
    head = f"{title}  {say('draw.version', version=form.version)}"
    about = say("draw.sheet", number=str(at + 1), count=str(count), digest=form.sha256[:16])
    texts = [
        Text(12, 17, 12, head, "title", 200),
        Text(12, 22, 7, f"{about}  {say('draw.legend')}", "text", 396),
    ]
    parts = [
        f'<g transform="translate(0 {at * HEIGHT:g})">',
        f'<rect class="sheet" width="{WIDTH:g}" height="{HEIGHT:g}"/>',
        *map(_line, page.lines),
        *map(_rect, page.rects),
        *map(_text, (*texts, *page.texts)),
        "</g>",
    ]
    return "\n".join(parts)


def _rect(rect: Rect) -> str:
    radius = min(rect.height / 2, 3.0) if rect.kind.partition(" ")[0] in ("start", "finish", "end", "handover") else 0.6
    if rect.kind in ("when", "repeat"):
        radius = rect.height / 2 if rect.height < 6 else 3.0
    return (
        f'<rect class="{rect.kind}" x="{rect.x:.2f}" y="{rect.y:.2f}" width="{rect.width:.2f}"'
        f' height="{rect.height:.2f}" rx="{radius:.2f}"/>'
    )


def _text(text: Text) -> str:
    return (
        f'<text class="{text.kind}" x="{text.x:.2f}" y="{text.y:.2f}" font-size="{text.size * _POINT:.3f}"'
        f' data-width="{text.width:.2f}">{escape(text.words)}</text>'
    )


def _line(line: Line) -> str:
    points: Sequence[str] = [f"{x:.2f},{y:.2f}" for x, y in line.points]
    tip = ' marker-end="url(#tip)"' if line.arrow else ""
    return f'<polyline class="{line.kind}" points="{" ".join(points)}"{tip}/>'
