"""A form on paper or by telephone: entered by a clerk, it is a submission like one from the chat, on both databases."""

from __future__ import annotations

import asyncio
import csv
from pathlib import Path

import pytest

from bot.console.entry_desk import EntryNotDone
from bot.outreach.cadence import due_on
from locales import load_catalogue
from storage.cases import CaseStatus, move_case, transitions_of
from storage.entries import Entry, entries_of_case
from storage.exports.evidence import export_evidence, gather
from storage.exports.options import Options
from storage.exports.responses import export_responses
from storage.reconciliation.worker import Reconciler
from storage.submissions import Submission, submissions_of_case
from tests.e2e.clerks import Clerk
from tests.e2e.conftest import on_both
from tests.e2e.house import House, say

MORI = "0000124"
NEW_PHONE = "03-5555-0111"


def clerk(house: House, login: str = "kato", role: str = "back_office") -> Clerk:
    return Clerk(house, house.staff_member(login, role=role))


def submissions(house: House, number: str = MORI) -> list[Submission]:
    case_id = house.letter(number).case_id
    return house.database.run_read(lambda conn: submissions_of_case(conn, house.database.vault, case_id))


def entries(house: House, number: str = MORI) -> list[Entry]:
    case_id = house.letter(number).case_id
    return house.database.run_read(lambda conn: entries_of_case(conn, house.database.vault, case_id))


def reconcile(house: House) -> None:
    Reconciler(next_due=due_on, zone=house.service.rules.zone).run(house.database)


@on_both
async def test_from_paper_to_the_comparison(house: House) -> None:
    kato = clerk(house)
    await kato.begins(MORI, scan="S-0001")
    view = await kato.types_all(phone=NEW_PHONE)
    assert view.left == 0
    assert await kato.finishes() == "submitted"
    (one,) = submissions(house)
    assert (one.channel, one.answered_by, one.conversation_id) == ("paper", "customer", None)
    answers = {row["name"]: row for row in one.answers}
    assert answers["phone"]["value"] == "0355550111"
    assert answers["phone"]["raw"] == NEW_PHONE
    assert answers["phone"]["by"] == kato.member.id
    assert answers["phone"]["wording"]
    assert answers["name"]["state"] == "unchanged"
    assert house.case(MORI).status is CaseStatus.ANSWERED
    moves = house.database.run_read(lambda conn: transitions_of(conn, house.letter(MORI).case_id))
    assert [(move.to_status.value, move.actor) for move in moves[-2:]] == [
        ("40", kato.member.id),
        ("60", kato.member.id),
    ]
    assert (moves[-1].reason, moves[-1].source) == ("entered:paper", one.id)
    reconcile(house)
    assert house.case(MORI).status is CaseStatus.TO_CHECK
    assert [
        action for action in house.audited() if action in ("entry.begun", "submission.received", "entry.submitted")
    ] == ["entry.begun", "submission.received", "entry.submitted"]
    (entry,) = entries(house)
    assert (entry.state, entry.scan_no, entry.submission_id) == ("submitted", "S-0001", one.id)


async def test_a_company_with_two_owners(house: House) -> None:
    kato, number = clerk(house), next(one for one in house.letters if house.case(one).kind == "corporate")
    await kato.begins(number, said_by="clerk")
    names = {"owner_name[1]": "山田 一郎", "owner_name[2]": "佐藤 二郎", "owner_kana[2]": "サトウ ジロウ"}
    view = await kato.types_all(owner_quarter="1", owner_count="2", **names)
    assert [(line.key, line.problem) for line in view.lines if line.state == "problem"] == []
    (first, second) = [line for line in view.lines if line.key.startswith("owner_name[")]
    assert (first.number.partition("-")[2], second.number.partition("-")[2]) == ("1", "2")
    assert await kato.finishes() == "submitted"
    (one,) = submissions(house, number)
    owners = {row["instance"]: row["value"] for row in one.answers if row["name"] == "owner_name"}
    assert owners == {1: "山田 一郎", 2: "佐藤 二郎"}
    assert one.answered_by == "clerk"


@on_both
async def test_a_draft_is_gone_on_with_by_another_clerk_and_nobody_overwrites_anybody(house: House) -> None:
    kato, hara = clerk(house), clerk(house, "hara")
    entry_id = await kato.begins(MORI)
    kato.texts = {"consent": "1", "respondent": "1"}
    await kato.saves()
    # Where he left off, on another machine.
    view = await hara.opens(entry_id)
    assert {line.key: line.text for line in view.lines if line.text} == kato.texts
    hara.texts["phone"] = NEW_PHONE
    await hara.saves()
    # He has the page of before: refused, and what he typed is still there beside what she saved.
    kato.texts["phone"] = "03-5555-9999"
    with pytest.raises(EntryNotDone, match="stale"):
        await kato.saves()
    with pytest.raises(EntryNotDone, match="stale"):
        await kato.finishes()
    both = await house.service.entries.look(kato.member, entry_id, kato.texts, stale=True)
    (line,) = [line for line in both.lines if line.key == "phone"]
    assert (line.text, line.saved) == ("03-5555-9999", NEW_PHONE)
    kato.version = both.version
    await kato.saves()
    (entry,) = entries(house)
    first = entry.passes["first"]
    assert {key: one["by"] for key, one in first.items()} == dict.fromkeys(
        ("consent", "respondent", "phone"), kato.member.id
    )
    assert first["phone"]["text"] == "03-5555-9999"


async def test_what_is_not_complete_is_kept_and_not_submitted(house: House) -> None:
    kato = clerk(house)
    await kato.begins(MORI)
    kato.texts = {"consent": "1", "respondent": "1", "phone": "4111 1111 1111 1111", "nationality": "どこか"}
    with pytest.raises(EntryNotDone, match="incomplete"):
        await kato.finishes()
    (entry,) = entries(house)
    # A card number was never kept.
    assert {key: one["text"] for key, one in entry.passes["first"].items()} == {
        "consent": "1",
        "respondent": "1",
        "nationality": "どこか",
    }
    assert submissions(house) == []
    view = await house.service.entries.look(kato.member, kato.entry_id, kato.texts)
    (line,) = [line for line in view.lines if line.key == "phone"]
    assert line.state == "problem"
    assert line.problem is not None
    assert line.problem.key == "console.entry.problem.secret"


async def test_fields_that_are_left_one_by_one_are_recorded_once(house: House) -> None:
    kato, hara = clerk(house), clerk(house, "hara")
    entry_id, desk = await kato.begins(MORI), house.service.entries
    for version, member in enumerate((kato, kato, hara, hara, kato)):
        await desk.save(member.member, entry_id, version, {"phone": f"03-5555-{version:04d}"}, quiet=True)
    assert house.audited().count("entry.saved") == 3
    await desk.save(kato.member, entry_id, 5, {})
    assert house.audited().count("entry.saved") == 4


async def test_one_sheet_of_paper_is_entered_once(house: House) -> None:
    kato = clerk(house)
    with pytest.raises(EntryNotDone, match="scan_no"):
        await kato.begins(MORI, scan="")
    with pytest.raises(EntryNotDone, match="scan_no"):
        await kato.begins(MORI, scan="番号なし")
    first = await kato.begins(MORI, scan="S-0001")
    with pytest.raises(EntryNotDone, match="already_case") as already:
        await kato.begins(MORI, scan="S-0002")
    assert already.value.entry_id == first
    other = next(number for number in house.letters if number != MORI)
    with pytest.raises(EntryNotDone, match="already_scan_no"):
        await kato.begins(other, scan="S-0001")
    # The number was somebody else's: put away, it is free again.
    await house.service.entries.discard(kato.member, first, 0)
    await kato.begins(other, scan="S-0001")
    with pytest.raises(EntryNotDone, match="stale"):
        await house.service.entries.discard(kato.member, first, 0)


@on_both
async def test_who_is_in_the_chat_meanwhile_is_thanked_and_not_asked_again(house: House) -> None:
    customer = house.on_line()
    await customer.links(MORI)
    await customer.answers()
    assert house.case(MORI).status is CaseStatus.ANSWERING
    kato = clerk(house)
    await kato.begins(MORI, medium="phone", said_by="family", scan="")
    await kato.types_all()
    assert await kato.finishes() == "submitted"
    (one,) = submissions(house)
    assert (one.channel, one.answered_by) == ("phone", "family")
    await customer.types("本人です")
    assert say("lobby.case_answered") in customer.said
    assert len(submissions(house)) == 1
    assert house.case(MORI).status is CaseStatus.ANSWERED
    # A person can be had, and giving the chat back opens no question again.
    await customer.types(say("button.staff"))
    sato = house.staff_member()
    conversation = house.conversation_of(MORI)
    assert await house.service.desk.claim(conversation.id, sato)
    await house.settle()
    customer._read = len(customer.person.received())
    await house.service.desk.hand_back(conversation.id, sato, "お礼をお伝えした")
    await house.settle()
    assert say("lobby.case_answered") in customer.said
    assert "お答えになるのは" not in customer.said
    assert house.case(MORI).status is CaseStatus.ANSWERED
    house.check_folds()


async def test_who_confirmed_in_the_chat_first_is_not_answered_for(house: House) -> None:
    customer, kato = house.on_line(), clerk(house)
    await kato.begins(MORI)
    await kato.types_all()
    await customer.links(MORI)
    await customer.answers_all()
    with pytest.raises(EntryNotDone, match="being_compared"):
        await kato.finishes()
    (one,) = submissions(house)
    assert one.channel == "line"
    # What was typed is there still, should it be wanted as a correction.
    assert (await kato.view()).state == "first"


async def test_late_answers_are_taken_and_what_is_over_is_over(house: House) -> None:
    kato, uni = clerk(house), house.universe
    case_id = house.letter(MORI).case_id

    def move(*way: str) -> None:
        for status in way:
            house.database.run(
                lambda conn, to=status: move_case(conn, uni, case_id, CaseStatus(to), actor="x", reason="x")  # type: ignore[misc]
            )

    move("50", "80", "81")
    await kato.begins(MORI)
    await kato.types_all()
    assert await kato.finishes() == "submitted"
    assert house.case(MORI).status is CaseStatus.ANSWERED
    move("99")
    with pytest.raises(EntryNotDone, match="over"):
        await kato.begins(MORI, scan="S-0002")


async def test_what_is_entered_during_the_review_corrects_the_answers(house: House) -> None:
    kato = clerk(house)
    await kato.begins(MORI)
    await kato.types_all(phone=NEW_PHONE)
    await kato.finishes()
    reconcile(house)
    assert house.case(MORI).status is CaseStatus.TO_CHECK
    again = clerk(house, "hara")
    await again.begins(MORI, medium="phone", scan="")
    await again.types_all()
    assert await again.finishes() == "submitted"
    reconcile(house)
    assert house.case(MORI).status is CaseStatus.DONE
    assert [one.channel for one in submissions(house)] == ["paper", "phone"]


def word(key: str, **params: str) -> str:
    return load_catalogue("ja").text(key, **params)


@pytest.mark.slow
async def test_export_and_evidence_say_how_it_came(house: House, tmp_path: Path) -> None:
    kato, options = clerk(house), Options()
    await kato.begins(MORI, said_by="guardian")
    await kato.types_all()
    await kato.finishes()
    reconcile(house)
    await asyncio.to_thread(
        export_responses, house.database, tmp_path, options, actor="x", program="kakunin", word=word
    )
    with (tmp_path / "responses.csv").open(encoding="utf-8-sig", newline="") as stream:
        (row,) = csv.DictReader(stream)
    assert (row["channel"], row["answered_by"], row["customer_no"]) == ("paper", "guardian", MORI)

    case_id = house.letter(MORI).case_id
    pack, _ = house.database.run_read(
        lambda conn: gather(conn, house.database, case_id, options, program="x", actor="x", reason=lambda one: "")
    )
    (entry,) = pack["entries"]
    assert (entry["medium"], entry["scan_no"], entry["said_by"], entry["typed_by"]) == (
        *("paper", "S-0001", "guardian"),
        [kato.member.id],
    )
    assert pack["people"][kato.member.id] == "kato"
    assert entry["submission_id"] == pack["submissions"][0]["submission_id"]
    await asyncio.to_thread(
        export_evidence,
        house.database,
        case_id,
        tmp_path / "evidence",
        Options(format="pdf"),
        actor="x",
        program="x",
        word=word,
        reason=lambda one: "",
    )
    assert (tmp_path / "evidence" / "evidence.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("overrides", [{"double_entry": ("paper",)}])
@on_both
async def test_two_people_enter_the_same_without_seeing_each_other(house: House) -> None:
    kato, hara = clerk(house), clerk(house, "hara")
    entry_id = await kato.begins(MORI)
    await kato.types_all(phone=NEW_PHONE, email="haruko@example.jp")
    assert await kato.finishes() == "second"
    assert submissions(house) == []
    # The first one is not the second one too, and the second one sees nothing of the first one's.
    kato.version = (await kato.view()).version
    assert not (await kato.view()).mine
    assert (await kato.view()).lines == ()
    with pytest.raises(EntryNotDone, match="second_person"):
        await kato.saves()
    view = await hara.opens(entry_id)
    assert view.mine
    assert {line.text for line in view.lines} == {""}
    await hara.types_all(phone="03-5555-0112", email="HARUKO@example.jp ")
    assert await hara.finishes() == "compare"
    # Other spellings of the same are no difference.
    view = await hara.opens(entry_id)
    assert [(line.key, [text for text, _ in line.both]) for line in view.lines] == [
        ("phone", [NEW_PHONE, "03-5555-0112"])
    ]
    desk = house.service.entries
    with pytest.raises(EntryNotDone, match="incomplete"):
        await desk.decide(hara.member, entry_id, view.version, {})
    version = (await hara.view()).version
    assert await desk.decide(hara.member, entry_id, version, {"phone": NEW_PHONE}) == "submitted"
    (one,) = submissions(house)
    answers = {row["name"]: row for row in one.answers}
    assert answers["phone"]["value"] == "0355550111"
    (entry,) = entries(house)
    assert (entry.second_by, entry.ended_by) == (hara.member.id, hara.member.id)
    assert entry.passes["second"]["phone"]["text"] == "03-5555-0112"
    pack, _ = house.database.run_read(
        lambda conn: gather(
            conn, house.database, entry.case_id, Options(), program="x", actor="x", reason=lambda one: ""
        )
    )
    assert pack["entries"][0]["decided"] == ["phone"]


@pytest.mark.parametrize("overrides", [{"double_entry": ("paper",)}])
async def test_two_entries_that_agree_are_submitted_at_once(house: House) -> None:
    kato, hara = clerk(house), clerk(house, "hara")
    entry_id = await kato.begins(MORI)
    await kato.types_all(phone=NEW_PHONE)
    await kato.finishes()
    await hara.opens(entry_id)
    await hara.types_all(phone="0355550111")
    assert await hara.finishes() == "submitted"
    # A telephone is heard once: there it is off.
    other = next(number for number in house.letters if number != MORI)
    await kato.begins(other, medium="phone", scan="")
    assert not (await kato.view()).doubled
