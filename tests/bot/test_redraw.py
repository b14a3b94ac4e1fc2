"""A stranger's file comes out as a plain JPEG of ours, or as a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO

import pytest
from hypothesis import given, settings, strategies as st
from PIL import Image

from bot import pictures
from bot.pictures import DecoderFailed, NoPicture, Picture, draw_anew
from bot.redraw import LONGEST_SIDE, redraw
from tests.e2e.photos import BAD, COMMENT, MAKER, SERIAL, has_notes, photo, png

SMALL = photo(64, 48)


def opened(jpeg: bytes) -> Image.Image:
    return Image.open(BytesIO(jpeg))


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    out = BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def test_place_device_and_comments_stay_behind() -> None:
    taken = photo()
    for planted in (MAKER.encode(), COMMENT, SERIAL.encode()):
        assert planted in taken
    assert has_notes(taken)
    facts, jpeg = redraw(taken)
    assert not has_notes(jpeg)
    for planted in (MAKER.encode(), COMMENT, SERIAL.encode(), b"Exif"):
        assert planted not in jpeg
    # The camera noted that it was held upright: the pixels are turned instead.
    assert facts == {"width": 480, "height": 640}
    assert opened(jpeg).size == (480, 640)
    assert opened(jpeg).format == "JPEG"


def test_a_large_photo_is_made_smaller_and_a_small_one_is_left() -> None:
    facts, jpeg = redraw(photo(5000, 2500))
    assert facts == {"width": LONGEST_SIDE // 2, "height": LONGEST_SIDE}
    assert len(jpeg) < 1024 * 1024
    assert redraw(photo(30, 20))[0] == {"width": 20, "height": 30}


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("PNG", "RGB"),
        ("PNG", "RGBA"),
        ("PNG", "P"),
        ("PNG", "1"),
        ("PNG", "LA"),
        ("PNG", "I;16"),
        ("GIF", "P"),
        ("WEBP", "RGBA"),
        ("JPEG", "L"),
        ("JPEG", "CMYK"),
    ],
)
def test_every_kind_that_phones_send_is_drawn(kind: str, mode: str) -> None:
    facts, jpeg = redraw(saved(Image.new(mode, (40, 30)), kind))
    assert facts == {"width": 40, "height": 30}
    assert opened(jpeg).mode == "RGB"


def test_what_is_see_through_stands_on_white() -> None:
    _, jpeg = redraw(saved(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG"))
    assert opened(jpeg).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("kind", ["TIFF", "BMP", "PDF", "ICO", "AVIF"])
def test_no_other_decoder_is_ever_asked(kind: str) -> None:
    assert redraw(saved(Image.new("RGB", (32, 32)), kind)) == ({"reason": "not_an_image"}, b"")


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_has_a_reason(name: str) -> None:
    body, reason = BAD[name]
    assert redraw(body) == ({"reason": reason}, b"")


def test_a_bomb_is_refused_by_its_header_and_its_pixels_are_never_unfolded() -> None:
    small = png(20_000, 3_000, 3_000)
    assert len(small) < 256 * 1024
    assert "width" in redraw(small)[0]
    assert redraw(png(20_000, 3_201, 0)) == ({"reason": "too_many_pixels"}, b"")


@pytest.mark.parametrize("at", range(0, 6000, 250))
def test_a_photo_cut_anywhere_raises_nothing(at: int) -> None:
    facts, jpeg = redraw(photo()[:at])
    assert facts["reason"] in ("broken", "not_an_image")
    assert jpeg == b""


@settings(max_examples=60)
@given(st.dictionaries(st.integers(0, len(SMALL) - 1), st.integers(0, 255), min_size=1, max_size=8))
def test_whatever_is_changed_in_a_photo_only_pixels_come_out(changes: dict[int, int]) -> None:
    body = bytearray(SMALL)
    for at, value in changes.items():
        body[at] = value
    facts, jpeg = redraw(bytes(body))
    assert ("reason" in facts) == (not jpeg)
    assert not jpeg or not has_notes(jpeg)


async def test_it_is_drawn_in_a_process_of_its_own() -> None:
    taken = photo()
    facts, jpeg = redraw(taken)
    assert await draw_anew(taken) == Picture(jpeg=jpeg, **facts)  # type: ignore[arg-type]
    assert await draw_anew(BAD["truncated"][0]) == NoPicture(reason="broken")


async def test_that_process_knows_no_secret_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, str] = {}
    start = pictures.asyncio.create_subprocess_exec

    async def watch(*words: str, env: dict[str, str], **more: object) -> object:
        seen.update(env)
        return await start(*words, env=env, **more)  # type: ignore[arg-type]

    monkeypatch.setenv("KAKUNIN_ENCRYPTION_KEYS", "a secret")
    monkeypatch.setenv("HARMLESS", "1")
    monkeypatch.setattr(pictures.asyncio, "create_subprocess_exec", watch)
    await draw_anew(b"")
    assert seen["HARMLESS"] == "1"
    assert not any(name.startswith("KAKUNIN_") for name in seen)


def instead(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program in the place of the decoder."""
    start = pictures.asyncio.create_subprocess_exec

    async def run(*words: str, **more: object) -> object:
        return await start(sys.executable, "-I", "-c", program, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures.asyncio, "create_subprocess_exec", run)


@pytest.mark.parametrize("fate", ["import os; os.abort()", "import time; time.sleep(60)", "import sys; sys.exit(0)"])
async def test_a_file_that_kills_it_is_only_refused(fate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    instead(fate, monkeypatch)
    monkeypatch.setattr(pictures, "_SECONDS", 0.5 if "sleep" in fate else 30)
    assert await draw_anew(photo()) == NoPicture(reason="broken")


async def test_where_it_cannot_start_no_picture_is_refused_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    instead("import a_module_that_is_not_installed", monkeypatch)
    with pytest.raises(DecoderFailed, match="exit status 1"):
        await draw_anew(photo())


def test_its_memory_is_bounded() -> None:
    """The limit is really set: the same program that asks for more than that dies instead of getting it."""
    greedy = (
        "import sys, bot.redraw as r\n"
        "r.redraw = lambda body: ({'got': len(bytearray(2 * 1024 ** 3))}, b'')\n"
        "try: r.main()\n"
        "except MemoryError: print('bounded')"
    )
    done = subprocess.run([sys.executable, "-I", "-c", greedy], input=b"", capture_output=True, check=False)
    assert done.stdout == b"bounded\n"


def test_the_answer_is_one_line_and_the_picture() -> None:
    done = subprocess.run([sys.executable, "-I", "-m", "bot.redraw"], input=photo(), capture_output=True, check=True)
    head, _, jpeg = done.stdout.partition(b"\n")
    assert json.loads(head) == {"width": 480, "height": 640}
    assert jpeg.startswith(b"\xff\xd8")
