"""What all tests of the command line share."""

from __future__ import annotations

from functools import cache

import typer.main
import typer.testing

# The table of commands is the same at every call, and working it out takes longer than most commands.
typer.main.get_command = typer.testing._get_command = cache(typer.main.get_command)  # type: ignore[attr-defined]
