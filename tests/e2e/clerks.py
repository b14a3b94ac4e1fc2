"""Clerks who enter a form from paper or from the telephone, field after field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.console.entry_desk import EntryLine, EntryView
from storage.staff import StaffMember
from tests.e2e.house import House

#: What stands on the paper where "as registered", "no" and the first choice will not do.
ON_PAPER = {
    "wealth_background": "長年の給与",
    "email": "-",
    "employer": "見本商事",
    "name_kana": "モリ ハルコ",
    "listed": "3",
    "own_use": "1",
    "business_detail": "木の家具を作って売っています",
    "owner_kana": "ヤマダ イチロウ",
    "owner_birth_date": "S40.1.2",
    "owner_address": "大阪府大阪市北区梅田1-2-3",
    "owner_nationality": "日本",
    "owner_share": "40",
}
_NO = ("いいえ", "ありません", "該当しません", "いません")


def text_for(line: EntryLine, wanted: Mapping[str, str]) -> str:
    """What this clerk types at a place."""
    found = wanted.get(line.key) or ("=" if line.registered else ON_PAPER.get(line.key.partition("[")[0]))
    if found is not None:
        return found
    no = next((number for number, words in line.choices if words.startswith(_NO)), None)
    return no or ("1" if line.kind != "text" else "見本")


@dataclass
class Clerk:
    """One member of staff over one form."""

    house: House
    member: StaffMember
    entry_id: str = ""
    texts: dict[str, str] = field(default_factory=dict)
    version: int = 0

    async def begins(self, number: str, medium: str = "paper", said_by: str = "customer", scan: str = "S-0001") -> str:
        case_id = self.house.letter(number).case_id
        desk = self.house.service.entries
        self.entry_id = await desk.begin(self.member, case_id, medium=medium, scan_no=scan, said_by=said_by)
        return self.entry_id

    async def view(self) -> EntryView:
        return await self.house.service.entries.view(self.member, self.entry_id)

    async def opens(self, entry_id: str) -> EntryView:
        """Go on with what is saved."""
        self.entry_id = entry_id
        view = await self.view()
        self.version, self.texts = view.version, {line.key: line.text for line in view.lines if line.text}
        return view

    async def types_all(self, **wanted: str) -> EntryView:
        """From the first field to the last, each looked at before the next."""
        for _ in range(100):
            view = await self.house.service.entries.look(self.member, self.entry_id, self.texts)
            line = next((one for one in view.lines if one.state == "missing"), None)
            if line is None:
                return view
            self.texts[line.key] = text_for(line, wanted)
        raise AssertionError("the form has no end")

    async def saves(self) -> int:
        self.version = await self.house.service.entries.save(self.member, self.entry_id, self.version, self.texts)
        return self.version

    async def finishes(self) -> str:
        return await self.house.service.entries.finish(self.member, self.entry_id, self.version, self.texts)
