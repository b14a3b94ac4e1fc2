"""What stops the service before it does anything; light to import, so that commands start at once."""

from __future__ import annotations


class SettingsProblem(Exception):
    """A setting cannot be used; the sentence names it and says what it must be."""
