"""Logs as the service writes them, for as long as a test looks at them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot import logs


@contextmanager
def loggers_left_alone() -> Iterator[None]:
    """Round a library that sets up logging in this process (import-linter): it switches off all loggers it finds."""
    known = logging.getLogger().manager.loggerDict.values()
    found = [one for one in known if isinstance(one, logging.Logger) and not one.disabled]
    try:
        yield
    finally:
        for one in found:
            one.disabled = False


@contextmanager
def configured(level: int, form: str = "text") -> Iterator[None]:
    """The service's set-up at ``level``; afterwards everything is as it was."""
    root = logging.getLogger()
    handlers, before = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in logs._TALKATIVE}
    config = structlog.get_config()
    logs.configure(level, form)
    yield
    root.handlers[:] = handlers
    root.setLevel(before)
    for name, earlier in levels.items():
        logging.getLogger(name).setLevel(earlier)
    structlog.reset_defaults()
    structlog.configure(**config)
