"""A real Chromium for the pages; without one the tests are skipped, except where CI must have it."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port
from playwright.async_api import Browser, Page, async_playwright

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

OpenPage = Callable[..., Awaitable[Page]]
Serve = Callable[[web.Application], Awaitable[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = os.path.dirname(__file__)
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium")
    if path is None and not os.environ.get("CI"):
        pytest.skip("no chromium on this machine")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def open_page(chromium: Browser) -> AsyncIterator[OpenPage]:
    """Open a page with cookies of its own; at the end nothing may have been reported to its console.

    Chromium reports there what the content security policy refused and every error of a script.
    """
    complaints: list[str] = []

    async def open_one(*, width: int = 1280, height: int = 900, script: bool = True) -> Page:
        context = await chromium.new_context(
            viewport={"width": width, "height": height}, locale="ja-JP", java_script_enabled=script
        )
        context.set_default_timeout(8000)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        return page

    yield open_one
    # A refused form answers 4xx on purpose, which Chromium also notes.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """Serve an application on this machine and return its address."""
    servers: list[TestServer] = []

    async def run(app: web.Application) -> str:
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield run
    for server in servers:
        await server.close()


@asynccontextmanager
async def running_demo(log: Path) -> AsyncIterator[str]:
    """The address of a demo that runs until the end of the block; what it prints goes to the file."""
    port = unused_port()

    def printed() -> str:
        return log.read_text(encoding="utf-8")

    clean = {name: value for name, value in os.environ.items() if not name.startswith("KAKUNIN_")}
    with log.open("wb") as stream:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "from bot.cli import main; main()", "demo", "--port", str(port)),
            stdout=stream,
            stderr=stream,
            env=clean,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        await _begun(process, address, printed)
        yield address
    finally:
        # Also where it did not come up, or the test failed: nothing is left running.
        if process.returncode is None:
            process.terminate()
        code = await process.wait()
    assert code == 0
    assert not [line for line in printed().splitlines() if "Traceback" in line]


async def _begun(process: Process, address: str, printed: Callable[[], str]) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(300):
            assert process.returncode is None, printed()[-2000:]
            # The page answers while the first customer is still being played; its end is in the log.
            if f"{address}/console/" in printed():
                break
            await asyncio.sleep(0.2)
        async with session.get(f"{address}/demo/phone") as answer:
            assert answer.status == 200


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a running demo."""
    async with running_demo(tmp_path / "demo.log") as address:
        yield address
