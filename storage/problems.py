"""What can be wrong with the store, each said in one sentence that a person can act on.

The messages reach standard error and the log as they are, so they never carry a value, a key or
a password; the commands turn every ``StoreProblem`` into exit code 2.
"""

from __future__ import annotations


class StoreProblem(Exception):
    """The store cannot be used as asked."""


class KeyProblem(StoreProblem):
    """A key is missing, is malformed, or does not open what lies in the store."""


class KeyMissing(KeyProblem):
    """A sealed value names a key that is not among the keys given."""

    def __init__(self, table: str, row_id: str, key_id: str | None) -> None:
        # The id is only named when it has the shape of one: a damaged header is not text for a log.
        named = key_id or "unreadable"
        super().__init__(f"The store needs encryption key '{named}', which is not among the keys given.")
        self.table, self.row_id, self.key_id = table, row_id, key_id


class SealBroken(KeyProblem):
    """A sealed value was changed, was moved from another row, or was sealed under another key of the same id."""

    def __init__(self, sentence: str, table: str, row_id: str) -> None:
        super().__init__(sentence)
        self.table, self.row_id = table, row_id


class StoreOutdated(StoreProblem):
    """The store was made by an older version and has to be upgraded first."""


class StoreNewer(StoreProblem):
    """The store was made by a newer version of the program."""


class StoreUnreachable(StoreProblem):
    """The database cannot be opened or reached."""


class StoreAway(StoreUnreachable):
    """The database does not answer; it may in a moment, so a service is started again and tries."""


class AlreadyServing(StoreProblem):
    """Another process serves this SQLite store."""


class StaleConversation(StoreProblem):
    """Somebody else saved the conversation since it was loaded; the transaction must be run again."""


class LeaseLost(StoreProblem):
    """Another process took over the job; the transaction of the late holder is refused."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The lease of the job {name} was taken over by another process.")


class IllegalTransition(StoreProblem):
    """The case may not go from its status to the one asked for."""


class MasterVersionProblem(StoreProblem):
    """The version of the master file is no longer the one being staged."""
