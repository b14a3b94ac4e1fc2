"""What to export and how, in codes alone, so that it can be recorded, compared and approved."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from storage.export_batches import ExportBatch
from storage.exports.spelling import ENCODINGS

FORMATS = ("csv", "xlsx", "jsonl")
STATUSES = ("reconciled", "approved")

__all__ = ["ENCODINGS", "FORMATS", "STATUSES", "Options", "OtherScope"]


class OtherScope(Exception):
    """The earlier export had another status or branch, so what came "after" it would leave something out."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to export and how."""

    #: csv, xlsx or jsonl
    format: str = "csv"
    encoding: str = "utf-8-sig"
    #: reconciled (submitted and compared) or approved (the case is done)
    status: str = "reconciled"
    #: An earlier batch; only what was completed after it.
    since: ExportBatch | None = None
    #: Only the customers of this branch.
    branch_no: str | None = None
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
        if self.branch_no is not None:
            found["branch"] = self.branch_no
        if self.to:
            found["to"] = self.to
        return found

    def check_scope(self) -> None:
        """Raise ``OtherScope`` unless the earlier batch looked at the same responses."""
        if self.since is not None:
            before = self.since.filters
            if (before.get("status", self.status), before.get("branch")) != (self.status, self.branch_no):
                raise OtherScope
