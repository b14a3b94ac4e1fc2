"""The columns of the master file and how a bank's own headers become them.

Promise: after ``read_header`` every column has exactly one name of ours or is kept under the
bank's own name; a header that cannot be used is refused before any row is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from storage.masterfile.problems import MasterFileProblem

#: The columns of the contract, in its order.
COLUMNS = (
    "customer_no",
    "kind",
    "name",
    "name_kana",
    "birth_date",
    "postal_code",
    "address",
    "phone",
    "email",
    "occupation",
    "employer",
    "purposes",
    "nationality",
    "residence_status",
    "residence_expiry",
    "risk_rating",
    "branch_no",
    "last_confirmed_on",
    "relationship_end_on",
    "locale",
    "corporate_number",
    "representative_name",
    "business",
    "owners",
)
#: Without these a row is nobody: a file that lacks one is refused.
REQUIRED = ("customer_no", "kind", "name")


@dataclass(frozen=True, kw_only=True)
class Header:
    """The columns of one file, in its order."""

    #: As the file calls them, for messages.
    given: tuple[str, ...]
    #: As we call them.
    names: tuple[str, ...]

    def given_name(self, name: str) -> str:
        """What the file calls our column; our own word where the file has no such column."""
        return self.given[self.names.index(name)] if name in self.names else name


def read_mapping(path: Path) -> Mapping[str, str]:
    """Header of the bank -> column of ours, from a YAML file; either may stand left."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        # BaseLoader takes every scalar as text, so a header `no` or `01` stays what was written.
        loaded = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - BaseLoader makes plain text only
    except UnicodeDecodeError:
        raise MasterFileProblem("mapping_not_utf8") from None
    except yaml.YAMLError as problem:
        mark = getattr(problem, "problem_mark", None)
        raise MasterFileProblem("mapping_not_yaml", line=str(mark.line + 1) if mark else "?") from None
    if isinstance(loaded, dict) and set(loaded) == {"columns"}:
        loaded = loaded["columns"]
    if not isinstance(loaded, dict) or not loaded:
        raise MasterFileProblem("mapping_shape")
    pairs: dict[str, str] = {}
    for left, right in loaded.items():
        if not isinstance(left, str) or not isinstance(right, str) or not left.strip() or not right.strip():
            raise MasterFileProblem("mapping_shape")
        # `顧客番号: customer_no` and `customer_no: 顧客番号` say the same;
        # with neither or both ours, left is the file's.
        turned = left in COLUMNS and right not in COLUMNS
        given, name = (right, left) if turned else (left, right)
        if given.strip() in pairs:
            raise MasterFileProblem("mapping_twice", column=given.strip())
        pairs[given.strip()] = name.strip()
    return pairs


def read_header(fields: Sequence[str], mapping: Mapping[str, str], *, required: Sequence[str] = REQUIRED) -> Header:
    """The header row as our columns, or ``MasterFileProblem``."""
    given = tuple(field.strip() for field in fields)
    for number, name in enumerate(given, start=1):
        if not name:
            raise MasterFileProblem("header_empty", column=str(number))
    for name in mapping:
        if name not in given:
            raise MasterFileProblem("mapping_unknown_column", column=name)
    names = tuple(mapping.get(name, name) for name in given)
    for number, name in enumerate(names):
        if name in names[:number]:
            raise MasterFileProblem("header_twice", column=name)
    for name in required:
        if name not in names:
            raise MasterFileProblem("column_missing", column=name)
    return Header(given=given, names=names)
