"""Benchmarks beside their peers; see docs/performance.md."""

import os

# As ``kakunin`` itself has it (bot.cli): the spinning threads of numpy's library would be counted as ours.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
