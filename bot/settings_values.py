"""How the value of a variable in the environment is read before its kind is looked at, for all settings."""

from __future__ import annotations


def split_list(value: object) -> object:
    """A list with commas as its parts, without blanks and empty ones."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def empty_is_unset(value: object) -> object:
    """Nothing for an empty text.

    Compose files hand down empty variables; a webhook checked with an empty secret lets everybody in.
    """
    return None if isinstance(value, str) and not value.strip() else value
