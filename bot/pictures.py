"""A picture that a stranger sent, drawn anew in a process of its own (``bot.redraw``).

Promise: decoders are where hostile files strike, so they run without our secrets, with a limit on memory and time,
and a file that kills that process is only a refused picture.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger("kakunin.pictures")

#: The decoder ends itself after twenty seconds of work; on a busy machine those take longer.
_SECONDS = 60
#: Never handed down to the process that opens strangers' files.
_OURS = "KAKUNIN_"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A JPEG drawn by us."""

    jpeg: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class NoPicture:
    """Why it is not taken: ``not_an_image``, ``too_many_pixels``, ``broken``."""

    reason: str


class DecoderFailed(Exception):
    """The process did not do its work, through no fault of the file: the installation is broken."""


async def draw_anew(body: bytes) -> Picture | NoPicture:
    """The picture in ``body``; raises ``DecoderFailed``."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-m",
        "bot.redraw",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    try:
        async with asyncio.timeout(_SECONDS):
            answer, _ = await process.communicate(body)
    except TimeoutError:
        answer = b""
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    status = process.returncode or 0
    if status > 0:
        # Not even the file was looked at: the program could not start.
        raise DecoderFailed(f"exit status {status}")
    head, _, jpeg = answer.partition(b"\n")
    if status < 0 or not head:
        log.warning("pictures.decoder_killed", signal=-status)
        return NoPicture(reason="broken")
    facts = json.loads(head)
    return NoPicture(**facts) if "reason" in facts else Picture(jpeg=jpeg, **facts)
