"""``kakunin serve`` as a process of its own, on SQLite, beside stand-ins of the platforms."""

from __future__ import annotations

import asyncio
import base64
import hmac
import io
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp.test_utils import TestServer

from bot.simulator.platform_line import LinePlatform
from bot.simulator.platform_telegram import TelegramPlatform
from locales import load_catalogue
from storage.universe import Universe

ROOT = Path(__file__).resolve().parents[3]
LINE_SECRET, LINE_TOKEN = "line-channel-secret-1", "line-access-token-1"
BOT_TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
WORDS = "はじめまして、勅使河原です"

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Ended:
    """How a service ended."""

    code: int | None = None
    out: str = ""
    err: str = ""
    seconds: float = 0.0

    def in_good_order(self) -> None:
        assert (self.code, self.out) == (0, ""), self.err
        assert self.seconds < 5
        assert "Traceback" not in self.err
        assert "never retrieved" not in self.err
        for secret in (LINE_SECRET, LINE_TOKEN, BOT_TOKEN, WORDS):
            assert secret not in self.err


@dataclass
class Command:
    """A bank's machine: a folder with the store, and the settings."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        env = {name: value for name, value in os.environ.items() if not name.startswith("KAKUNIN_")}
        env |= {f"KAKUNIN_{name}": value for name, value in self.settings.items()}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            "from bot.cli import main; main()",
            *arguments,
            cwd=self.folder,
            env=env | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Exit code, standard output and error of a command that ends by itself."""
        process = await self.start(*arguments)
        try:
            out, err = await asyncio.wait_for(process.communicate(), 60)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode is not None
        return process.returncode, out.decode(), err.decode()

    @property
    def webhooks(self) -> str:
        return f"http://127.0.0.1:{self.settings['PORT']}"

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.settings['CONSOLE_PORT']}"

    @asynccontextmanager
    async def serving(self, *arguments: str) -> AsyncIterator[Ended]:
        """The service, from its first answer until SIGTERM; at the end it must have left in good order."""
        process = await self.start("serve", *arguments)
        ended = Ended()
        try:
            # The console's port opens last.
            await answers(f"{self.console}/console/sign-in", process)
            yield ended
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            out, err = await asyncio.wait_for(process.communicate(), 10)
            ended.seconds = time.monotonic() - began
            ended.code, ended.out, ended.err = process.returncode, out.decode(), err.decode()
        finally:
            if process.returncode is None:
                process.kill()
                await process.communicate()


async def answers(url: str, process: asyncio.subprocess.Process) -> None:
    async with aiohttp.ClientSession() as session:
        for _ in range(600):
            assert process.returncode is None, (await process.communicate())[1].decode()
            try:
                async with session.get(url) as answer:
                    await answer.read()
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
    raise AssertionError(f"{url} does not answer")


async def status(method: str, url: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.request(
            method, url, data=io.BytesIO(body) if body else None, headers=headers, allow_redirects=False
        ) as answer,
    ):
        return answer.status, await answer.text()


def signed(body: bytes, secret: str = LINE_SECRET) -> dict[str, str]:
    mac = hmac.digest(secret.encode(), body, "sha256")
    return {"x-line-signature": base64.b64encode(mac).decode(), "Content-Type": "application/json"}


async def until(condition: Callable[[], bool], patience: float = 20.0) -> None:
    for _ in range(round(patience / 0.05)):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come about")


@pytest.fixture
def bank(tmp_path: Path) -> Command:
    ports = {"PORT": str(free_port()), "CONSOLE_PORT": str(free_port())}
    return Command(tmp_path, ports | {"ALLOW_DRAFTS": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/kakunin.db"})


@pytest.fixture
async def line(bank: Command) -> AsyncIterator[LinePlatform]:
    """LINE, as the bank's settings reach it."""
    universe = Universe.real()
    platform = LinePlatform(
        f"{bank.webhooks}/line/webhook", LINE_SECRET, LINE_TOKEN, now=universe.now, new_id=universe.new_id
    )
    async with TestServer(platform.app) as server:
        base = str(server.make_url("")).rstrip("/")
        bank.settings |= {"LINE_CHANNEL_SECRET": LINE_SECRET, "LINE_CHANNEL_ACCESS_TOKEN": LINE_TOKEN}
        bank.settings |= {"LINE_API_BASE": base, "LINE_DATA_API_BASE": base}
        await platform.start()
        yield platform
        await platform.close()


@pytest.fixture
async def telegram(bank: Command) -> AsyncIterator[TelegramPlatform]:
    """Telegram, which keeps its updates until they are fetched."""
    platform = TelegramPlatform(BOT_TOKEN, "kakunin_bot", now=Universe.real().now)
    async with TestServer(platform.app) as server:
        base = str(server.make_url("")).rstrip("/")
        bank.settings |= {"TELEGRAM_BOT_TOKEN": BOT_TOKEN, "TELEGRAM_MODE": "polling", "TELEGRAM_API_BASE": base}
        await platform.start()
        yield platform
        await platform.close()


async def test_from_the_start_to_the_end(bank: Command, line: LinePlatform) -> None:
    async with bank.serving() as ended:
        # Health, and each page on its own port only.
        assert await status("GET", f"{bank.webhooks}/health/live") == (200, '{"status": "ok"}')
        code, text = await status("GET", f"{bank.webhooks}/health/ready")
        assert (code, '"store": true' in text, '"line"' in text) == (200, True, True)
        assert (await status("GET", f"{bank.console}/console/sign-in"))[0] == 200
        assert (await status("GET", f"{bank.webhooks}/console/sign-in"))[0] == 404
        assert (await status("POST", f"{bank.console}/line/webhook", b"{}", signed(b"{}")))[0] == 404
        # A channel without its secrets is off.
        assert (await status("POST", f"{bank.webhooks}/telegram/webhook", b"{}"))[0] == 404

        # Webhooks: signed, signed by somebody else, not signed, unreadable, too large.
        empty = b'{"destination":"U0","events":[]}'
        url = f"{bank.webhooks}/line/webhook"
        assert (await status("POST", url, empty, signed(empty)))[0] == 200
        assert (await status("POST", url, empty, signed(empty, "guessed")))[0] == 401
        assert (await status("POST", url, empty, signed(empty, "")))[0] == 401
        assert (await status("POST", url, empty))[0] == 401
        assert (await status("POST", url, b"no JSON", signed(b"no JSON")))[0] == 400
        large = b"x" * 2_000_000
        assert (await status("POST", url, large, signed(large)))[0] == 413
        assert (await status("GET", url))[0] == 405

        # Somebody writes and is answered.
        person = line.add_person("A customer", friend=True)
        assert (await line.type_text(person.user_id, WORDS)).ok
        await until(lambda: bool(person.received()))

        # A second one would send everything twice.
        second = Command(bank.folder, bank.settings | {"PORT": str(free_port()), "CONSOLE_PORT": str(free_port())})
        code, out, err = await second.run("serve")
        assert (code, out) == (2, "")
        assert err == "Another kakunin serve uses this SQLite store; stop it, or use PostgreSQL.\n"
        # Other commands may run beside it.
        assert (await bank.run("audit", "verify"))[0] == 0
    ended.in_good_order()
    assert "webhook.wrong_signature" in ended.err

    # The store is free again.
    async with bank.serving() as again:
        assert (await status("GET", f"{bank.webhooks}/health/ready"))[0] == 200
    again.in_good_order()


async def test_telegram_is_asked_where_it_cannot_call(bank: Command, telegram: TelegramPlatform) -> None:
    person = telegram.add_person("A customer", friend=True)
    # Written while nobody served: it is not lost.
    await telegram.type_text(person.user_id, WORDS)
    async with bank.serving() as ended:
        await until(lambda: bool(person.received()))
        await until(lambda: not telegram.pending)
    # A long poll is on its way and does not hold the end up.
    ended.in_good_order()
    heard = len(person.received())
    async with bank.serving() as again:
        await telegram.type_text(person.user_id, WORDS)
        await until(lambda: len(person.received()) > heard)
    again.in_good_order()


async def test_answers_that_nobody_approved_reach_no_customer(bank: Command, line: LinePlatform) -> None:
    del bank.settings["ALLOW_DRAFTS"]
    code, out, err = await bank.run("serve")
    assert (code, out) == (2, "")
    # The first start also says that it made a key.
    sentence = err.splitlines()[-1]
    assert "drafts" in sentence
    assert "KAKUNIN_ALLOW_DRAFTS=1" in sentence
    code, out, again = await bank.run("serve")
    assert (code, again) == (2, f"{sentence}\n")


@pytest.mark.parametrize("setting", ["PORT", "CONSOLE_PORT"])
async def test_a_port_that_is_taken(bank: Command, setting: str) -> None:
    assert (await bank.run("content", "publish"))[0] == 0
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bank.settings[setting] = str(taken.getsockname()[1])
        code, out, err = await bank.run("serve")
    assert (code, out) == (2, "")
    assert f"127.0.0.1:{bank.settings[setting]} cannot be used" in err.splitlines()[-1]
    assert "Traceback" not in err


async def test_ctrl_c_ends_it_too(bank: Command) -> None:
    process = await bank.start("serve")
    await answers(f"{bank.console}/console/sign-in", process)
    process.send_signal(signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, out) == (0, b"")
    assert b"Traceback" not in err


async def test_the_demo_plays_one_customer_and_ends(tmp_path: Path) -> None:
    code, out, err = await Command(tmp_path).run("demo", "--once")
    assert code == 0
    assert "Traceback" not in err
    assert load_catalogue("ja").text("tour.begins") in out
    # The scratch folder was elsewhere, and is gone.
    assert os.listdir(tmp_path) == []
