"""The conversations that every engine plays, and how they are counted: the same in each one's own environment.

Promise: all conversations go side by side, one turn of each after the other, in memory and without a network; what is
timed is the processor's time.  The peers are measured twice: ``bare`` from an update that lies ready to the words of
the answer, and ``whole`` from the update as JSON to the call that would be sent.
"""

import gc
import json
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

THREE = ("少ない", "ふつう", "多い")
YES_NO = ("はい", "いいえ")
#: Name, wording and choices of each question; the last one confirms what was said.
QUESTIONS = (
    ("name", "お名前を教えてください。", ()),
    ("age", "年齢を教えてください。", ()),
    ("income", "収入はどのくらいですか。", THREE),
    ("savings", "預金はどのくらいですか。", THREE),
    ("travel", "海外に行くことはどのくらいありますか。", THREE),
    ("employed", "お勤めですか。", YES_NO),
    ("retired", "年金を受け取っていますか。", YES_NO),
    ("confirmed", "この内容でよろしいですか。", YES_NO),
)
YOUNGEST, OLDEST = 18, 120
#: What a customer does after the beginning: words that he types, or the choice that he taps. The first age is refused.
ACTS = ("山田 花子", "17", "42", 0, 1, 2, 0, 1, 0)
#: A conversation in the middle, whose memory is counted.
MIDDLE = 6

_CONVERSATIONS, _ROUNDS = 200, 5
_COUNTED = 100

Begin = Callable[[int], Any]
#: Takes a conversation and the number of the turn, from 0: the beginning.
Turn = Callable[[Any, int], Awaitable[object] | None]


async def measured(begin: Begin, turn: Turn, stored: Callable[[Any], Any]) -> dict[str, float]:
    """Turns a second, and what an open conversation takes: bytes in memory, and of what would be kept as JSON."""
    turns = len(ACTS) + 1
    seconds = []
    for round_ in range(_ROUNDS + 1):
        conversations = [begin(round_ * _CONVERSATIONS + number) for number in range(_CONVERSATIONS)]
        gc.collect()
        gc.freeze()  # what lies ready is no work of the turns
        began = time.process_time()
        await _play(conversations, turn, turns)
        seconds.append(time.process_time() - began)
    del seconds[0]  # in which everybody still makes what he keeps
    conversations = [begin((_ROUNDS + 1) * _CONVERSATIONS + number) for number in range(_COUNTED)]
    gc.collect()
    tracemalloc.start()
    await _play(conversations, turn, MIDDLE)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] / _COUNTED
    tracemalloc.stop()
    kept = json.dumps(stored(conversations[0]), ensure_ascii=False, separators=(",", ":")).encode()
    return {
        "turns_per_s": round(turns * _CONVERSATIONS / median(seconds)),
        "bytes": round(taken),
        "stored": len(kept),
    }


async def _play(conversations: list[Any], turn: Turn, turns: int) -> None:
    for number in range(turns):
        for conversation in conversations:
            waits = turn(conversation, number)
            if waits is not None:
                await waits
