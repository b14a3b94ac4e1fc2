"""Columns over the months: as tall as what they stand for, with the line of what can be done."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from bot.console.drawing import Named
from bot.console.drawing_columns import Column, columns

NAMED = Named(id="c", title="Calls & visits", description="d")


def boxes(picture: str, *, above: float) -> list[tuple[float, float]]:
    """Place and height of each part of a column, without the legend."""
    root = ElementTree.fromstring(picture)
    found = [(float(box.attrib["y"]), float(box.attrib["height"])) for box in root.iter("rect") if "x" in box.attrib]
    return [(y, tall) for y, tall in found if y + tall <= above + 0.2]


def test_parts_stand_on_each_other_and_are_as_tall_as_their_share() -> None:
    found = [Column(label="1", parts=[10, 30]), Column(label="", parts=[0, 20])]
    picture = columns(NAMED, found, ["a", "b"])
    assert boxes(picture, above=158) == [(120.5, 37.5), (8.0, 112.5), (83.0, 75.0)]
    assert "Calls &amp; visits" in picture
    assert re.findall(r">(a|b)</text>", picture) == ["a", "b"]


def test_a_level_above_all_columns_is_within_the_picture() -> None:
    picture = columns(NAMED, [Column(label="1", parts=[10])], ["a"], level=40, level_name="enough")
    assert picture.count("stroke-dasharray") == 2
    assert "M44 8.0H" in picture
    assert "enough" in picture


def test_nothing_at_all_is_drawn_as_nothing() -> None:
    assert boxes(columns(NAMED, [Column(label="1", parts=[0])], ["a"]), above=158) == []
