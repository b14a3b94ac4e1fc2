"""``kakunin faq``: what the bot would say to a question, and what is weak in an FAQ file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bot.cli.errors import UserError
from bot.cli.unmatched import unmatched

if TYPE_CHECKING:
    from dialogs.conversation.evaluation import Outcome
    from dialogs.conversation.understanding import Reading, Understanding
    from dialogs.faq.encoder import Mode
    from dialogs.faq.topics import Topic

app = typer.Typer(no_args_is_help=True, help="Questions that customers ask, and the approved answers.")
app.command()(unmatched)

LocaleOption = Annotated[str, typer.Option("--locale", help="Language of the FAQ: ja or en.")]
FileOption = Annotated[Path | None, typer.Option("--file", help="An FAQ file instead of the shipped one.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object.")]

_LAYOUT = {
    "paragraphs": "the answer has {size} paragraphs, at most {most} fit",
    "short": "short has {size} characters, a button holds {most}",
    "sentence": "a sentence has {size} characters, at most {most}",
}


@app.command()
def ask(
    text: Annotated[str, typer.Argument(help="What the customer writes.")],
    locale: LocaleOption = "ja",
    file: FileOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what the bot would say to a text, and why."""
    topics = _topics(locale, file)
    understanding = _understanding(topics, locale)
    reading = understanding.read(text, locale)
    by_id = {topic.id: topic for topic in topics}
    report: dict[str, Any] = {
        **_outcome(reading),
        "command": reading.exact or reading.command,
        "reason": reading.match.reason,
        "topics": list(reading.match.offered),
        "text": list(by_id[reading.match.offered[0]].paragraphs) if _says_an_answer(reading) else [],
        "threshold": reading.match.threshold,
        "wish": round(reading.match.intent.wish, 3),
        "answer": round(reading.match.intent.answer, 3),
        "tier": understanding.tier(locale),
        "version": reading.match.version,
    }
    if as_json:
        typer.echo(json.dumps(report, ensure_ascii=False))
        return
    typer.echo(f"{report['action']} ({report['command'] or report['reason']}; {report['tier']} tier)")
    for paragraph in report["text"]:
        typer.echo(f"\n{paragraph}")
    for row in report["ranked"]:
        typer.echo(f"{row['score']:.4f}  {row['topic']}  {by_id[row['topic']].question}")


@app.command()
def match(
    topics: Annotated[Path, typer.Option("--topics", help="JSON Lines: topic, question, variants.")],
    locale: LocaleOption = "ja",
) -> None:
    """Match queries from stdin (JSON Lines with "text") to the topics of a file; one JSON object a query."""
    understanding = _understanding(_jsonl_topics(topics), locale)
    for number, row in _json_lines(sys.stdin, "stdin"):
        if not isinstance(row.get("text"), str):
            raise UserError(f'stdin, line {number}: an object with "text" is expected.')
        typer.echo(json.dumps(_outcome(understanding.read(row["text"], locale)), ensure_ascii=False))


@app.command()
def check(
    file: Annotated[Path | None, typer.Argument(help="An FAQ file; the shipped one when left out.")] = None,
    locale: LocaleOption = "ja",
    as_json: JsonOption = False,
) -> None:
    """Find what is wrong or confusable in an FAQ file before it is published; exit 1 if anything is wrong."""
    from dialogs.faq.checking import confusable_phrasings, layout_problems, shared_phrasings
    from dialogs.faq.matcher import matcher_for

    topics = _topics(locale, file)
    matcher = matcher_for(topics, locale, _encoder_mode())
    errors = [f'"{one.text}" stands under {one.topics[0]} and {one.topics[1]}.' for one in shared_phrasings(matcher)]
    warnings = [
        f"{one.topic}: {_LAYOUT[one.code].format(size=one.size, most=one.most)}."
        for one in layout_problems(topics, matcher.words)
    ]
    warnings += [
        f'{one.topic}: "{one.text}" is nearer to {one.other} ({one.other_score:.2f}) than to the rest of '
        f"{one.topic} ({one.own_score:.2f})."
        for one in confusable_phrasings(matcher)
    ]
    drafts = sum(topic.is_draft for topic in topics)
    if as_json:
        report = {"topics": len(topics), "drafts": drafts, "errors": errors, "warnings": warnings}
        typer.echo(json.dumps({**report, "version": matcher.version}, ensure_ascii=False))
    else:
        for line in errors:
            typer.echo(f"error: {line}")
        for line in warnings:
            typer.echo(f"warning: {line}")
        typer.echo(f"{len(topics)} topics, {drafts} drafts, {len(errors)} errors, {len(warnings)} warnings")
    if errors:
        raise typer.Exit(1)


@app.command("eval")
def evaluate(
    labelled: Annotated[
        Path, typer.Argument(metavar="FILE", help='JSON Lines: "text", "expect" and what goes with it.')
    ],
    locale: LocaleOption = "ja",
    file: FileOption = None,
    failures: Annotated[bool, typer.Option("--failures", help="List what fails in every third row.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Measure how well a labelled file of texts is understood."""
    from dialogs.conversation.evaluation import EvaluationError, judge, judge_reply, read_rows, report
    from dialogs.definition.yaml_format import load_shipped

    understanding = _understanding(_topics(locale, file), locale)
    form = load_shipped("individual")
    understanding.read("-", locale)  # dictionaries are opened with the first text
    outcomes = []
    try:
        for row in read_rows(_text(labelled).splitlines(), name=labelled.name):
            started = perf_counter()
            reading = understanding.read(row.text, locale)
            took = (perf_counter() - started) * 1000
            if row.expect == "reply" and row.question is not None:
                outcome = judge_reply(row, reading, form, locale)
            else:
                outcome = judge(row, reading)
            outcomes.append(replace(outcome, milliseconds=took))
    except EvaluationError as error:
        raise UserError(str(error)) from error
    parts = {
        "all": report(outcomes),
        "open": report([one for one in outcomes if one.row.is_open]),
        "kept": report([one for one in outcomes if not one.row.is_open]),
    }
    failed = [one for one in outcomes if failures and one.row.is_open and (one.wrong_answer or not one.right)]
    if as_json:
        typer.echo(json.dumps({**parts, "failures": [_failure(one) for one in failed]}, ensure_ascii=False))
        return
    for name in parts["all"]:
        typer.echo(f"{name}: " + "  ".join(f"{part} {_figure(figures[name])}" for part, figures in parts.items()))
    for one in failed:
        typer.echo(json.dumps(_failure(one), ensure_ascii=False))


def _figure(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name} {_figure(of)}" for name, of in value.items()) + "}"
    return "-" if value is None else str(value)


def _failure(outcome: Outcome) -> dict[str, Any]:
    row = outcome.row
    return {
        "row": row.number,
        "text": row.text,
        "expect": row.expect,
        "wanted": [*row.topics, *row.commands],
        "action": outcome.action,
        "command": outcome.command,
        "ranked": outcome.ranked[:3],
        "shown": outcome.shown,
        "wrong_answer": outcome.wrong_answer,
    }


def _outcome(reading: Reading) -> dict[str, Any]:
    ranked = [{"topic": scored.topic, "score": scored.score} for scored in reading.match.ranked]
    return {"action": reading.action, "ranked": ranked}


def _says_an_answer(reading: Reading) -> bool:
    """Whether the text of a topic is shown: a near match, or a topic after which a person takes over."""
    from dialogs.faq.matcher import Action

    return reading.action in (Action.ANSWER, Action.STAFF) and bool(reading.match.offered)


def _understanding(topics: tuple[Topic, ...], locale: str) -> Understanding:
    from dialogs.conversation.understanding import Understanding
    from dialogs.faq.matcher import matcher_for

    if locale not in ("ja", "en"):
        raise UserError(f"There is no language {locale}; ja and en are there.")
    return Understanding({locale: matcher_for(topics, locale, _encoder_mode())})


def _encoder_mode() -> Mode:
    """As the service of this deployment would understand it."""
    from bot.settings import load_settings
    from dialogs.faq.encoder import EncoderMissing, encoder_for

    mode = load_settings().encoder
    try:
        encoder_for(mode)
    except EncoderMissing as error:
        raise UserError(str(error)) from error
    return mode


def _topics(locale: str, file: Path | None) -> tuple[Topic, ...]:
    from dialogs.faq.topics import FaqError, load_shipped, read_topics

    try:
        if file is None:
            return load_shipped(locale)
        return read_topics(_text(file), locale, name=file.name)
    except FaqError as error:
        raise UserError(str(error)) from error


def _jsonl_topics(file: Path) -> tuple[Topic, ...]:
    """Topics as the benchmark hands them over; further keys of a line are left alone."""
    from dialogs.faq.topics import Topic

    topics: dict[str, Topic] = {}
    for number, row in _json_lines(_text(file).splitlines(), file.name):
        name, question, variants = row.get("topic"), row.get("question"), row.get("variants", [])
        texts = isinstance(variants, list) and all(isinstance(text, str) and text.strip() for text in variants)
        if not (isinstance(name, str) and name and isinstance(question, str) and question.strip() and texts):
            raise UserError(f'{file.name}, line {number}: "topic", "question" and a list "variants" are expected.')
        if name in topics:
            raise UserError(f"{file.name}, line {number}: topic {name} is there twice.")
        topics[name] = Topic(
            id=name, question=question, variants=tuple(variants), answer=str(row.get("answer", "")), source=(file.name,)
        )
    if not topics:
        raise UserError(f"{file.name}: there is no topic.")
    return tuple(topics.values())


def _json_lines(lines: Iterable[str], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{name}, line {number}: this is not JSON.") from error
        if not isinstance(row, dict):
            raise UserError(f"{name}, line {number}: a JSON object is expected.")
        yield number, row


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{file}: the file is not UTF-8.") from error
    except OSError as error:
        raise UserError(f"{file}: the file cannot be read ({error.strerror}).") from error
