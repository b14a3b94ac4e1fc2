"""How a command ends when something is wrong: one clear sentence, and the exit code of the contract."""

from __future__ import annotations


class UserError(Exception):
    """Bad usage or bad input: the sentence says what is wrong and how to put it right (exit 2)."""


class Failed(Exception):
    """The input was fine and the work still could not be done (exit 1)."""
