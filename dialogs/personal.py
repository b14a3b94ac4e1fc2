"""Text that belongs to a person, so that it cannot slip into a log or an error by accident.

``repr`` shows stars; writing the value out is a deliberate act: ``str(x)`` or ``x.reveal()``.
"""

from __future__ import annotations


class Personal(str):
    """A string about a person: a name, a reply, a platform's user id."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Personal('***')"

    def __format__(self, spec: str) -> str:
        return "***"

    def reveal(self) -> str:
        """The value itself, for the one place that needs it."""
        return str.__str__(self)
