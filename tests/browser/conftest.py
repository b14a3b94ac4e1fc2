"""A real Chromium for the pages; without one the tests are skipped, except where CI must have it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
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
