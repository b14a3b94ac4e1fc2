"""``kakunin reply``: one reply reader from the command line, for trying words out and for measuring.

Prints what the conversation would keep and read back, or why a reply is not taken.  A reply with a
problem is a result, not a failure: only an unknown kind or an unreadable line ends with exit code 2.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.errors import UserError

if TYPE_CHECKING:
    from dialogs.replies.base import ReplyContext

app = typer.Typer()


@app.command("reply")
def reply(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="KIND TEXT",
            help="A kind of value (date, amount, phone, ...) and what was typed; with --eval, files.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object, also for a problem.")] = False,
    batch: Annotated[bool, typer.Option("--batch", help='Read JSON Lines {"kind","text"[,"today"]} on stdin.')] = False,
    evaluate: Annotated[bool, typer.Option("--eval", help="Measure the readers on files of labelled replies.")] = False,
    failures: Annotated[bool, typer.Option("--failures", help="With --eval: the rows that were not right.")] = False,
    today: Annotated[str | None, typer.Option(help="The customer's day (ISO 8601); today if left out.")] = None,
    locale: Annotated[str, typer.Option(help="Language of display and messages: ja, ja_easy or en.")] = "ja",
) -> None:
    """Read one typed reply as a kind of value, or measure the readers."""
    from locales import VOICES

    if locale not in VOICES:
        raise UserError(f"Unknown locale {locale!r}; use one of {', '.join(VOICES)}.")
    if evaluate:
        if not words or batch or today:
            raise UserError(
                "--eval takes the files to measure, each row of which has its own day; no --batch, no --today."
            )
        from bot.cli.reply_eval import measure

        measure([Path(word) for word in words], locale=locale, as_json=as_json, failures=failures)
        return
    if failures:
        raise UserError("--failures belongs to --eval.")
    context = _context(_day(today, "--today") if today else _real_today(), locale)
    if batch:
        if words:
            raise UserError("--batch reads its replies from standard input; leave KIND and TEXT out.")
        _read_lines(context)
        return
    if not words or len(words) != 2:
        raise UserError("Give KIND and TEXT, or --batch with JSON Lines on standard input.")
    kind, text = words
    found = _read(kind, text, context, where="")
    if found["problem"] is not None and not as_json:
        sys.stdout.write(f"{found['problem']}: {found['message']}\n")
    else:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


def _read_lines(context: ReplyContext) -> None:
    for number, raw in enumerate(sys.stdin.buffer, start=1):
        where = f"line {number}: "
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as problem:
            raise UserError(f"{where}this is not UTF-8.") from problem
        if not line.strip():
            continue
        try:
            asked = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as problem:
            raise UserError(f"{where}this is not a JSON object.") from problem
        if not isinstance(asked, dict) or not all(isinstance(asked.get(key), str) for key in ("kind", "text")):
            raise UserError(f'{where}expected an object with the texts "kind" and "text".')
        day = asked.get("today")
        if day is not None and not isinstance(day, str):
            raise UserError(f'{where}"today" must be a date such as "2026-04-01".')
        line_context = context if day is None else _context(_day(day, f'{where}"today"'), context.locale)
        found = _read(asked["kind"], asked["text"], line_context, where=where)
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
        sys.stdout.flush()


def _read(kind: str, text: str, context: ReplyContext, *, where: str) -> dict[str, object]:
    from dialogs.replies import READERS
    from dialogs.replies.base import Parsed
    from locales import load_catalogue

    reader = READERS.get(kind)
    if reader is None:
        raise UserError(f"{where}unknown kind {kind!r}; use one of {', '.join(READERS)}.")
    found = reader(text, context)
    if isinstance(found, Parsed):
        return {"value": found.value, "display": found.display, "problem": None}
    message = load_catalogue(context.locale).text(f"problem.{found.code}", **found.params)
    return {
        "value": None,
        "display": None,
        "problem": found.code,
        "message": message,
        "params": dict(found.params),
        "example": found.example,
    }


def _context(today: date, locale: str) -> ReplyContext:
    from dialogs.replies.base import ReplyContext

    return ReplyContext(today=today, locale=locale)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as problem:
        raise UserError(f'{where} must be a date such as "2026-04-01".') from problem


def _real_today() -> date:
    """Today where the bank is."""
    from zoneinfo import ZoneInfo

    from bot.settings import load_settings
    from storage.universe import Universe

    return Universe.real().now().astimezone(ZoneInfo(load_settings().time_zone)).date()
