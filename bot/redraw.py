"""Opening a stranger's picture and drawing it anew; the whole program of the process that ``bot.pictures`` starts.

Promise: what a file is shows when it is opened, not by its name or header; place, time and device (EXIF), comments
and whatever hides in a file's structure stay behind; nothing larger than ``LONGEST_SIDE`` comes out.

It reads the file from its input and writes one line of JSON (``width`` and ``height``, or the ``reason`` why there
is no picture) and then the JPEG.  It starts for every picture, so it imports little.
"""

from __future__ import annotations

import json
import resource
import sys
import warnings
from contextlib import suppress
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

#: Enough to read a document by; a telephone's camera takes twice that.
LONGEST_SIDE = 2000
#: What a telephone's camera takes at most; a small file can unfold to far more.
MOST_PIXELS = 64_000_000

_FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
_QUALITY = 85
_LIMITS = {
    resource.RLIMIT_AS: 1024 * 1024 * 1024,
    # Seconds of work.
    resource.RLIMIT_CPU: 20,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}


def redraw(body: bytes) -> tuple[dict[str, object], bytes]:
    """The facts and the JPEG; with ``reason`` among the facts there is none."""
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(BytesIO(body), formats=_FORMATS) as opened:
            plain = _plain(opened)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        return {"reason": "too_many_pixels"}, b""
    except UnidentifiedImageError:
        return {"reason": "not_an_image"}, b""
    except Exception:
        # A decoder raises all kinds of errors over a damaged file.
        return {"reason": "broken"}, b""
    out = BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return {"width": plain.width, "height": plain.height}, out.getvalue()


def _plain(opened: Image.Image) -> Image.Image:
    # First smaller, then the rest: a large JPEG is read at a fraction of its size.
    opened.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    # How the camera was held stands among its notes, which stay behind.
    picture = ImageOps.exif_transpose(opened)
    picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    # A new image takes over pixels only; a copy would carry comments and profiles along.
    plain = Image.new("RGB", picture.size, "white")
    plain.paste(picture, mask=picture if picture.mode == "RGBA" else None)
    return plain


def main() -> None:
    """Read, draw, answer, within the limits."""
    for limit, value in _LIMITS.items():
        # Not every system knows each of them.
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (value, value))
    facts, jpeg = redraw(sys.stdin.buffer.read())
    sys.stdout.buffer.write(json.dumps(facts).encode() + b"\n" + jpeg)


if __name__ == "__main__":
    main()
