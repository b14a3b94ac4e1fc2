"""What storage imports (its floors stand in pyproject.toml): no cycle, nothing of ``bot``, no clock of its own."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from importlib.resources import files
from pathlib import Path

STORAGE = Path(str(files("storage")))


def imports(path: Path) -> set[str]:
    """The modules of ``storage`` that a file imports, by the name below ``storage``."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            names = [node.module] if node.module != "storage" else [f"storage.{alias.name}" for alias in node.names]
        assert not any(name.split(".")[0] == "bot" for name in names), f"{path.name} imports bot"
        found |= {name.split(".")[1] for name in names if name.startswith("storage.")}
    return found


def files_of(module: str) -> list[Path]:
    folder = STORAGE / module
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [STORAGE / f"{module}.py"]


def test_nothing_goes_in_circles() -> None:
    modules = {path.stem for path in STORAGE.glob("*.py")} | {
        path.parent.name for path in STORAGE.glob("*/__init__.py")
    }
    graph = {
        module: set().union(*(imports(path) for path in files_of(module))) - {module}
        for module in modules - {"__init__"}
    }
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)


def test_time_and_chance_come_in_from_outside() -> None:
    forbidden = {"now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "urandom", "token_bytes", "random", "choice"}
    for path in sorted(STORAGE.rglob("*.py")):
        if path.name in ("universe.py", "encryption.py"):
            # The one place where the real clock is read, and the one where keys and nonces are drawn.
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                called = node.func
                owner = called.value.id if isinstance(called.value, ast.Name) else ""
                wrong = called.attr in forbidden and owner in ("datetime", "date", "uuid", "os", "secrets", "random")
                assert not wrong, f"{path.name}:{node.lineno} calls {owner}.{called.attr}"
