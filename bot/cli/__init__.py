"""The command line: ``kakunin``.

Every command ends with the exit codes of the contract: 0 done, 2 bad usage or input (one sentence on
stderr), 1 the work failed.  Command modules import heavy things inside their functions, so that
``kakunin --help`` answers at once.
"""

from __future__ import annotations

import sys

import typer

import bot.cli.service as service
import bot.cli.staff as staff
from bot.cli import audit, cases, content, customers, db, export, faq, letters, questionnaire, reconcile, reply
from bot.cli.errors import Failed, UserError
from bot.settings import SettingsProblem

app = typer.Typer(
    name="kakunin",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="確認: ongoing customer due diligence over LINE and Telegram.",
)
app.command("serve")(service.serve)
app.command("demo")(service.demo)
app.command("chat")(questionnaire.chat)
app.command("doctor")(service.doctor)
app.command("reply")(reply.reply)
app.add_typer(db.app, name="db")
app.add_typer(content.app, name="content")
app.add_typer(staff.app, name="staff")
app.add_typer(customers.app, name="customers")
app.add_typer(cases.app, name="cases")
app.add_typer(letters.app, name="letters")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(export.app, name="export")
app.add_typer(questionnaire.app, name="questionnaire")
app.add_typer(faq.app, name="faq")
app.add_typer(audit.app, name="audit")


def main() -> None:
    """Run a command and leave with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command line; what went wrong is one sentence on stderr."""
    from bot.logs import configure
    from storage.problems import StoreProblem

    configure()
    try:
        code = app(args=arguments, standalone_mode=False)
    except (UserError, SettingsProblem, StoreProblem) as problem:
        return _say(str(problem), 2)
    except Failed as problem:
        return _say(str(problem), 1)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1
    except Exception as problem:
        usage = _usage(problem)
        if usage is None:
            raise
        return usage
    return code if isinstance(code, int) else 0


def _usage(problem: Exception) -> int | None:
    """Typer's own complaint about the command line as one sentence; ``None`` for anything else."""
    show = getattr(problem, "format_message", None)
    code = getattr(problem, "exit_code", None)
    if show is None or not isinstance(code, int):
        return code if isinstance(code, int) else None
    return _say(str(show()), code)


def _say(sentence: str, code: int) -> int:
    sys.stderr.write(sentence.strip() + "\n")
    return code
