"""What to export and how, in codes alone, so that it can be recorded, compared and approved."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from storage.branches import WHOLE_BANK, Branches
from storage.export_batches import ExportBatch, branches_of
from storage.exports.spelling import ENCODINGS

FORMATS = ("csv", "xlsx", "jsonl", "parquet")
STATUSES = ("reconciled", "approved")

__all__ = ["ENCODINGS", "FORMATS", "STATUSES", "Options", "OtherScope"]


class OtherScope(Exception):
    """The earlier export had another status or branch, so what came "after" it would leave something out."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to export and how."""

    #: csv, xlsx, jsonl or parquet
    format: str = "csv"
    encoding: str = "utf-8-sig"
    #: reconciled (submitted and compared) or approved (the case is done)
    status: str = "reconciled"
    #: An earlier batch; only what was completed after it.
    since: ExportBatch | None = None
    #: Only the customers of these.
    branches: Branches = WHOLE_BANK
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Asia/Tokyo"))
    #: Hide what identifies a person: for an export that nobody has approved.
    masked: bool = False
    #: Where it goes, if not to whoever asked: ``drop``.
    to: str = ""

    def filters(self) -> dict[str, str]:
        """The filter as it is recorded: codes only."""
        found = {
            "format": self.format,
            "encoding": self.encoding if self.format == "csv" else "utf-8",
            "status": self.status,
            "since": str(self.since.seq) if self.since else "",
            "values": "masked" if self.masked else "full",
        }
        if not self.branches.is_whole_bank:
            found["branch"] = str(self.branches)
        if self.to:
            found["to"] = self.to
        return found

    def check_scope(self) -> None:
        """Raise ``OtherScope`` unless the earlier batch looked at the same responses."""
        if self.since is not None:
            before = self.since.filters
            if (before.get("status", self.status), branches_of(before)) != (self.status, self.branches):
                raise OtherScope
