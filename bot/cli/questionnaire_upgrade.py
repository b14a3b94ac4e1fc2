"""``kakunin questionnaire upgrade NAME``: open conversations go over to the live version, or only who would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bot.cli.office import Office, os_user

if TYPE_CHECKING:
    from bot.upgrading import Report, Tally
    from dialogs.definition.versions import Change


def upgrade(name: str, *, dry_run: bool, as_json: bool) -> None:
    """Moves the conversations and reports; exit code 1 where one of them could not be moved."""
    import typer

    from bot.cli.errors import Failed
    from bot.live_content import NothingPublished
    from bot.upgrading import Upgrading

    office = Office()
    with office.store() as database:
        try:
            report = Upgrading(database, office.zone).run(name, actor=os_user(), dry_run=dry_run)
        except NothingPublished:
            raise office.refuse("upgrade.nothing_live", name=name) from None
    if as_json:
        typer.echo(json.dumps(_record(report) | {"dry_run": dry_run}, ensure_ascii=False))
    else:
        for line in _lines(office, report, dry_run):
            typer.echo(line)
    if report.failed:
        raise Failed(office.say("upgrade.failed", count=str(len(report.failed)), first=report.failed[0]))


def _record(report: Report) -> dict[str, Any]:
    from dialogs.conversation.upgrade import Fate

    return {
        "name": report.new.id,
        "version": report.new.version,
        "sha256": report.new.sha256,
        "from": [
            {
                "version": tally.old.version,
                "sha256": tally.old.sha256,
                "conversations": tally.fates.total(),
                "fates": {fate.value: tally.fates[fate] for fate in Fate},
                "answers_again": tally.again,
                "answers_dropped": tally.dropped,
                "changes": [
                    {
                        "kind": change.kind.value,
                        "name": change.name,
                        "columns": list(change.columns),
                        "policy": _policy(report, change),
                        "conversations": tally.touched[change],
                    }
                    for change in tally.changes
                ],
            }
            for tally in report.tallies.values()
        ],
        "failed": report.failed,
    }


def _policy(report: Report, change: Change) -> str:
    from dialogs.definition.versions import policies_of

    return policies_of(report.new)[change.kind].value


def _lines(office: Office, report: Report, dry_run: bool) -> list[str]:
    if not report.tallies:
        return [office.say("upgrade.none", name=report.new.id, version=report.new.version)]
    lines: list[str] = []
    for tally in report.tallies.values():
        lines.append(
            office.say(
                "upgrade.from",
                name=report.new.id,
                old=f"{tally.old.version} ({tally.old.sha256[:12]})",
                new=f"{report.new.version} ({report.new.sha256[:12]})",
                count=str(tally.fates.total()),
            )
        )
        lines += [_line(office, report, tally, change) for change in tally.changes]
        lines += [
            office.say(f"upgrade.fate.{fate}", count=str(count)) for fate, count in sorted(tally.fates.items()) if count
        ]
        lines.append(office.say("upgrade.answers", again=str(tally.again), dropped=str(tally.dropped)))
    lines.append(office.say("upgrade.only_counted" if dry_run else "upgrade.done"))
    return lines


def _line(office: Office, report: Report, tally: Tally, change: Change) -> str:
    return office.say(
        "upgrade.change",
        kind=office.say(f"upgrade.kind.{change.kind}"),
        name=change.name or report.new.id,
        columns=", ".join(change.columns) or "-",
        policy=office.say(f"upgrade.policy.{_policy(report, change)}"),
        count=str(tally.touched[change]),
    )
