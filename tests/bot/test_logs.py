"""Logs: on stderr only, without what people wrote and without tokens, for structlog and the libraries alike."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest
import structlog

from bot import logs
from tests.logs import configured

WORDS = "山田花子の住所"
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"


class Log:
    """What has been written, on either stream."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def read(self) -> str:
        """What was logged since the last time."""
        out, err = self._capsys.readouterr()
        # A command's output goes into files and pipes.
        assert out == ""
        assert WORDS not in err
        assert TOKEN not in err
        return err


@pytest.fixture
def log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    with configured(logging.INFO):
        yield Log(capsys)


def handler() -> logs._Handler:
    (ours,) = [one for one in logging.getLogger().handlers if isinstance(one, logs._Handler)]
    return ours


def fail() -> None:
    try:
        raise KeyError(WORDS)
    except KeyError as cause:
        raise ValueError(f"cannot read {WORDS} of {TOKEN}") from cause


def test_events_with_their_ids(log: Log) -> None:
    structlog.get_logger("kakunin.test").info("case.opened", case="0198a000", count=2)
    line = log.read()
    assert line.count("\n") == 1
    assert "level='info'" in line
    assert "event='case.opened'" in line
    assert "case='0198a000'" in line
    assert "count=2" in line
    assert "at='20" in line


@pytest.mark.parametrize("how", ["exception", "exc_info", "given"])
def test_an_exception_is_its_kind_and_its_places(log: Log, how: str) -> None:
    logger = structlog.get_logger()
    try:
        fail()
    except ValueError as error:
        if how == "exception":
            logger.exception("turn.failed")
        elif how == "exc_info":
            logger.error("turn.failed", exc_info=True)
        else:
            logger.error("turn.failed", exc_info=error)
    line = log.read()
    assert line.count("\n") == 1
    assert "ValueError at test_logs.py:" in line
    assert "KeyError at test_logs.py:" in line
    assert "Traceback" not in line


def test_no_exception_is_no_fault(log: Log) -> None:
    structlog.get_logger().error("odd", exc_info=True)
    assert "raised" not in log.read()


def test_the_exception_of_a_library(log: Log) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("aiohttp.server").exception("Error handling request")
    line = log.read()
    assert "Error handling request" in line
    assert "ValueError at test_logs.py:" in line
    assert "KeyError at test_logs.py:" in line
    assert "Traceback" not in line


def test_a_text_that_another_handler_left_on_the_record(log: Log) -> None:
    try:
        fail()
    except ValueError:
        record = logging.LogRecord("library", logging.ERROR, __file__, 1, "failed", None, sys.exc_info())
    logging.Formatter().format(record)
    assert record.exc_text is not None
    assert WORDS in record.exc_text
    logging.getLogger("library").handle(record)
    assert "ValueError at test_logs.py:" in log.read()


async def test_a_task_that_nobody_waits_for(log: Log) -> None:
    async def stumble() -> None:
        fail()

    task = asyncio.ensure_future(stumble())
    await asyncio.sleep(0)
    assert task.done()
    del task
    gc.collect()
    line = log.read()
    assert "Task exception was never retrieved" in line
    assert "ValueError at test_logs.py:" in line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"POST https://api.telegram.org/bot{TOKEN}/getUpdates", "POST https://api.telegram.org/***/getUpdates"),
        (f"token {TOKEN}", "token ***"),
        ("Authorization: Bearer abc.DEF+/=", "Authorization: ***"),
        ("case 0198a000-0000-7000-8000-00000000000a at 10:15", "case 0198a000-0000-7000-8000-00000000000a at 10:15"),
    ],
)
def test_tokens_are_starred(log: Log, text: str, shown: str) -> None:
    logging.getLogger("library").warning("%s", text)
    assert log.read().rstrip("\n").endswith(shown)
    structlog.get_logger().warning("called", url=text)
    assert f"url='{shown}'" in log.read()
    structlog.get_logger().warning(text)
    assert f"event='{shown}'" in log.read()


def test_a_token_in_what_a_library_puts_together(log: Log) -> None:
    logging.getLogger("library").error("%(method)s %(url)s", {"method": "POST", "url": f"/bot{TOKEN}/sendMessage"})
    assert "POST /***/sendMessage" in log.read()


@pytest.mark.parametrize("name", logs._TALKATIVE)
def test_libraries_that_quote_bodies_are_held_back(log: Log, name: str) -> None:
    logging.getLogger(name).info(WORDS)
    logging.getLogger(f"{name}.below").info(WORDS)
    assert log.read() == ""
    logging.getLogger(name).warning("a warning")
    assert "a warning" in log.read()


def test_a_line_that_cannot_be_put_together(log: Log) -> None:
    record = logging.LogRecord("library", logging.ERROR, __file__, 1, "%d items", (WORDS,), None)
    handler().handle(record)
    assert "log line of library lost: TypeError" in log.read()


def test_the_level_holds_for_both(log: Log) -> None:
    structlog.get_logger().debug("small")
    logging.getLogger("library").debug("small")
    assert log.read() == ""
    logs.configure()
    structlog.get_logger().info("small")
    logging.getLogger("library").info("small")
    assert log.read() == ""
    structlog.get_logger().warning("big")
    logging.getLogger("library").warning("big")
    assert log.read().count("big") == 2


def test_configuring_again_doubles_nothing(log: Log) -> None:
    logs.configure(logging.INFO)
    logs.configure(logging.INFO)
    logging.getLogger("library").info("once")
    structlog.get_logger().info("once")
    assert log.read().count("once") == 2


def test_lines_go_where_stderr_leads_now(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    early = structlog.get_logger("early").bind(case="1")
    elsewhere = io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", elsewhere)
        structlog.get_logger().info("ours")
        logging.getLogger("library").info("theirs")
    assert elsewhere.getvalue().count("\n") == 2
    early.info("back")
    assert "back" in log.read()


def test_a_stream_that_is_gone_stops_nobody(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = io.StringIO()
    gone.close()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", gone)
        handler().handle(logging.LogRecord("library", logging.ERROR, __file__, 1, "text", None, None))
        structlog.get_logger().error("turn.failed")
    assert log.read() == ""


# For a log server -----------------------------------------------------------------------------


@pytest.fixture
def json_log(capsys: pytest.CaptureFixture[str]) -> Iterator[Log]:
    with configured(logging.INFO, "json"):
        yield Log(capsys)


def test_an_event_is_one_object(json_log: Log) -> None:
    structlog.get_logger("kakunin.test").info("case.opened", case="0198a000", count=2)
    line = json.loads(json_log.read())
    assert list(line)[:3] == ["at", "level", "event"]
    assert {name: line[name] for name in ("level", "event", "case", "count")} == {
        "level": "info",
        "event": "case.opened",
        "case": "0198a000",
        "count": 2,
    }


def test_a_fault_in_an_object_is_its_kind_and_its_places(json_log: Log) -> None:
    for logger in (structlog.get_logger(), logging.getLogger("library")):
        try:
            fail()
        except ValueError:
            logger.exception("turn.failed")
    ours, theirs = map(json.loads, json_log.read().splitlines())
    for line in (ours, theirs):
        assert line["level"] == "error"
        assert re.match(r"ValueError at \S+ <- KeyError at ", line["raised"].replace(" > ", ">"))
    assert (theirs["event"], theirs["logger"], theirs["message"]) == ("library.line", "library", "turn.failed")


def test_tokens_are_starred_out_of_an_object(json_log: Log) -> None:
    structlog.get_logger().info("call.made", detail=f"https://api/bot{TOKEN}/send")
    logging.getLogger("library").warning("https://api/bot%s/send", TOKEN)
    assert json_log.read().count("***") == 2
