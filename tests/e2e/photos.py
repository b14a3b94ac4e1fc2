"""Photographs for the tests: with the notes of a camera in them, damaged, or no pictures at all."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO

from PIL import Image

#: Stand in the notes of the camera; none of it may be found anywhere afterwards.
MAKER, COMMENT, SERIAL = "Canary Camera Works", b"a comment of the canary", "CANARY-SERIAL-0815"


def photo(width: int = 640, height: int = 480, *, seed: int = 1, quality: int = 80) -> bytes:
    """A JPEG that was taken upright, somewhere in Tokyo."""
    chance = random.Random(seed)
    picture = Image.frombytes("RGB", (16, 12), chance.randbytes(16 * 12 * 3)).resize((width, height))
    notes = Image.Exif()
    notes[0x010F] = MAKER
    # Held upright: who shows it has to turn it.
    notes[0x0112] = 6
    notes.get_ifd(0x8769)[0xA431] = SERIAL
    notes.get_ifd(0x8825).update({1: "N", 2: (35.0, 41.0, 22.4), 3: "E", 4: (139.0, 41.0, 30.1)})
    out = BytesIO()
    picture.save(out, "JPEG", quality=quality, exif=notes, comment=COMMENT)
    return out.getvalue()


def has_notes(jpeg: bytes) -> bool:
    """Whether anything but pixels is in it."""
    with Image.open(BytesIO(jpeg)) as opened:
        return bool(opened.getexif()) or bool({"exif", "comment", "icc_profile", "photoshop"} & opened.info.keys())


def png(width: int, height: int, rows: int) -> bytes:
    """A PNG that says it is that large, with black rows as far as they go."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    body = zlib.compress(bytes(rows * (width * 3 + 1)), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


#: What comes instead of a picture, and what becomes of it.
BAD = {
    "header only": (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"<script>alert(1)</script>" * 40, "not_an_image"),
    "a web page": (b"<!DOCTYPE html><html><body>hello</body></html>", "not_an_image"),
    "a drawing": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>', "not_an_image"),
    "a program": (b"MZ" + bytes(400), "not_an_image"),
    "truncated": (photo()[:4000], "broken"),
    "a bomb": (png(30_000, 30_000, 100), "too_many_pixels"),
    "nothing": (b"", "not_an_image"),
}
