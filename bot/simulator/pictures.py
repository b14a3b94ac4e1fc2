"""A made-up picture, as a customer's phone might take one: drawn by us, of nothing that exists."""

from __future__ import annotations

from functools import cache
from io import BytesIO


@cache
def draw_picture() -> bytes:
    """A JPEG of a slip of paper on a table, with the notes of an invented camera."""
    from PIL import Image, ImageDraw, ImageFilter

    picture = Image.new("RGB", (1280, 960), "#8a6f55")
    draw = ImageDraw.Draw(picture)
    for top in range(0, 960, 24):
        draw.line([(0, top), (1280, top + 60)], fill="#7f654d", width=5)
    draw.rounded_rectangle([250, 210, 1050, 770], radius=24, fill="#e9e4d6")
    draw.rectangle([310, 290, 500, 530], fill="#c9c2ae")
    draw.ellipse([365, 325, 445, 405], fill="#a69c84")
    draw.chord([345, 415, 465, 565], 180, 360, fill="#a69c84")
    for line, end in enumerate((960, 900, 980, 820, 930)):
        draw.rectangle([560, 300 + line * 62, end, 322 + line * 62], fill="#b4ac97")
    draw.rectangle([310, 620, 980, 650], fill="#b4ac97")
    picture = picture.filter(ImageFilter.GaussianBlur(2))
    notes = Image.Exif()
    notes[0x010F] = "Invented Camera Works"
    notes[0x0112] = 1
    out = BytesIO()
    picture.save(out, "JPEG", quality=88, exif=notes)
    return out.getvalue()
