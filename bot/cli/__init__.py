"""The command line: ``kakunin``.

Every command ends with the exit codes of the contract: 0 done, 2 bad usage or input (one sentence on
stderr), 1 the work failed.  Command modules import heavy things inside their functions, so that
``kakunin --help`` answers at once.
"""

from __future__ import annotations

import os
import sys
from typing import Annotated

# One thread for each small matrix product: more only wait for each other, and cost every turn dearly when the
# machine is busy.  Read by numpy's library when it is first imported, which no command has done yet.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import typer

import bot.cli.service as service
import bot.cli.simulate as simulate
import bot.cli.staff as staff
from bot.cli import (
    audit,
    backup,
    campaign,
    cases,
    channels,
    content,
    customers,
    db,
    export,
    faq,
    gallery,
    hooks,
    keys,
    letters,
    questionnaire,
    reconcile,
    reply,
    report,
    repro,
    results,
    retention,
    support,
)
from bot.cli.errors import Failed, UserError
from bot.problems import SettingsProblem

_NO_COMMAND = "A command is missing; --help lists what there is."

app = typer.Typer(
    name="kakunin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        from storage.migrations import HEAD

        typer.echo(f"kakunin {version('kakunin')} (schema {HEAD})")
        raise typer.Exit


_VERSION = typer.Option(
    "--version", callback=_tell_version, is_eager=True, help="Print the version and its schema, and exit."
)


@app.callback()
def _program(version: Annotated[bool, _VERSION] = False) -> None:
    """確認: ongoing customer due diligence over LINE and Telegram."""


app.command("serve")(service.serve)
app.command("demo")(service.demo)
app.command("chat")(questionnaire.chat)
app.command("doctor")(service.doctor)
app.command("simulate")(simulate.simulate)
app.command("reply")(reply.reply)
app.command("gallery")(gallery.gallery)
app.command("backup")(backup.backup)
app.command("restore")(backup.restore)
app.command("support-bundle")(support.support_bundle)
app.command("repro")(repro.repro)
app.add_typer(db.app, name="db")
app.add_typer(channels.app, name="channels")
app.add_typer(content.app, name="content")
app.add_typer(staff.app, name="staff")
app.add_typer(customers.app, name="customers")
app.add_typer(cases.app, name="cases")
app.add_typer(campaign.app, name="campaign")
app.add_typer(letters.app, name="letters")
app.add_typer(results.app, name="worklist")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(export.app, name="export")
app.add_typer(report.app, name="report")
app.add_typer(questionnaire.app, name="questionnaire")
app.add_typer(faq.app, name="faq")
app.add_typer(audit.app, name="audit")
app.add_typer(hooks.app, name="hooks")
app.add_typer(keys.app, name="keys")
app.add_typer(retention.app, name="retention")


def main() -> None:
    """Run a command and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command line; what went wrong is one sentence on stderr."""
    from bot.logs import configure
    from storage.problems import StoreAway, StoreProblem

    configure()
    try:
        code = app(args=arguments, standalone_mode=False)
    except (Failed, StoreAway) as problem:
        return _say(str(problem), 1)
    except (UserError, SettingsProblem, StoreProblem) as problem:
        return _say(str(problem), 2)
    except (KeyboardInterrupt, typer.Abort):
        return 130
    except BrokenPipeError:
        return 1
    except Exception as problem:
        usage = _usage(problem)
        return _crash(problem) if usage is None else usage
    return code if isinstance(code, int) else 0


def _usage(problem: Exception) -> int | None:
    """Typer's own complaint about the command line as one sentence; ``None`` for anything else."""
    show = getattr(problem, "format_message", None)
    code = getattr(problem, "exit_code", None)
    if show is None or not isinstance(code, int):
        return code if isinstance(code, int) else None
    return _say(str(show()), code)


def _crash(problem: Exception) -> int:
    """What nobody foresaw: where it happened, without the message, which may quote a customer or a secret."""
    import structlog

    if isinstance(problem, OSError) and problem.strerror:
        # A full disk, a folder that went away: said by the system, about a file that the user named.
        name = f"{problem.filename}: " if isinstance(problem.filename, str) else ""
        return _say(f"{name}{problem.strerror}.", 1)
    structlog.get_logger("kakunin.cli").error("command.crashed", exc_info=problem)
    return _say(f"This is a fault of kakunin ({type(problem).__name__}); the line above says where.", 1)


def _say(sentence: str, code: int) -> int:
    """One line on stderr, whatever was quoted in the sentence."""
    line = " ".join(part.strip() for part in sentence.splitlines() if part.strip())
    sys.stderr.write((line or _NO_COMMAND) + "\n")
    return code
