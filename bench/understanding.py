"""What one understanding step costs: ``OPENBLAS_NUM_THREADS=1 python -m bench.understanding [on|off]``.

Milliseconds over the evaluation set, the time until the first text is understood, and the memory that it takes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import perf_counter, thread_time

SET = Path(__file__).parents[1] / "tests" / "evaluation" / "questions_ja.jsonl"


def resident() -> float:
    """Megabytes in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def main(mode: str = "on") -> None:
    """Measure and print one line of JSON."""
    texts = [json.loads(line)["text"] for line in SET.read_text(encoding="utf-8").splitlines() if line.strip()]
    before, started = resident(), perf_counter()
    from dialogs.conversation.understanding import Understanding
    from dialogs.faq.matcher import matcher_for
    from dialogs.faq.topics import load_shipped

    assert mode in ("on", "off")
    understanding = Understanding({locale: matcher_for(load_shipped(locale), locale, mode) for locale in ("ja", "en")})
    built = perf_counter() - started
    understanding.read("-", "ja")
    understanding.read("はじめに", "ja")
    ready = perf_counter() - started
    times, work = [], []
    for text in texts:
        wall, own = perf_counter(), thread_time()
        understanding.read(text, "ja")
        times.append((perf_counter() - wall) * 1000)
        work.append((thread_time() - own) * 1000)
    times.sort()
    work.sort()
    at = [len(texts) // 2, len(texts) * 99 // 100]
    print(
        json.dumps(
            {
                "tier": mode,
                "built_s": round(built, 2),
                "first_text_s": round(ready, 2),
                "memory_mb": round(resident() - before),
                "ms_p50_p99": [round(times[place], 2) for place in at],
                "cpu_ms_p50_p99": [round(work[place], 2) for place in at],
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
