"""The metrics that an operator watches: each is there, explained, and says nothing about a person."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
import yaml

from bot.metrics import Metrics
from storage.audit import record, seal_chain
from storage.database import Database
from storage.universe import FrozenUniverse
from tests.logs import configured

ROOT = Path(__file__).resolve().parents[2]
#: Names of labels and all that may stand in them; nothing that grows with the customers.
LABELS = {"channel", "status", "outcome", "le", "level", "outlet", "version", "schema"}


async def page(database: Database) -> dict[str, float]:
    """Each sample by its name and labels."""
    text = (await Metrics().page(database)).decode()
    lines = [line.rpartition(" ") for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def families() -> set[str]:
    return {family.name for family in Metrics().registry.collect()}


def explained() -> set[str]:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `(kakunin_\w+)` \|", text, re.MULTILINE))


def test_every_metric_is_explained_and_no_other() -> None:
    assert {name.removesuffix("_total") for name in explained()} == families()


def test_labels_come_from_a_closed_list() -> None:
    meters = Metrics()
    meters.webhooks.labels("line", "200").observe(0.1)
    meters.floods.labels("line").inc()
    meters.sends.labels("line", "sent").inc()
    used = {name for family in meters.registry.collect() for sample in family.samples for name in sample.labels}
    assert used <= LABELS


async def test_what_is_not_sealed_yet_has_an_age(database: Database, universe: FrozenUniverse) -> None:
    database.run(lambda conn: record(conn, universe, "case.opened", actor_kind="system", actor_id=None))
    universe.advance(timedelta(seconds=90))
    database.run(lambda conn: record(conn, universe, "case.opened", actor_kind="system", actor_id=None))
    found = await page(database)
    assert found["kakunin_audit_unchained"] == 2
    assert found["kakunin_audit_unchained_oldest_seconds"] == 90
    database.run(lambda conn: seal_chain(conn, database.vault, universe))
    found = await page(database)
    assert found["kakunin_audit_unchained"] == found["kakunin_audit_unchained_oldest_seconds"] == 0


async def test_lines_of_the_log_are_counted_by_level(sqlite_database: Database) -> None:
    name = 'kakunin_log_lines_total{level="error"}'
    before = (await page(sqlite_database))[name]
    with configured(logging.INFO):
        structlog.get_logger("kakunin.test").error("test.failed")
        structlog.get_logger("kakunin.test").info("test.went_well")
        logging.getLogger("library").error("nothing")
    assert (await page(sqlite_database))[name] == before + 2


def test_the_alarms_watch_what_is_there() -> None:
    """Every name in the rules is one of a metric, and every rule says what to do."""
    groups = yaml.safe_load((ROOT / "deploy" / "alerts.yaml").read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 8
    known = families()
    for rule in rules:
        named = re.findall(r"kakunin_\w+", rule["expr"])
        assert named, rule["alert"]
        for name in named:
            assert re.sub(r"_(total|bucket|count|sum)$", "", name) in known, name
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["do"]


@pytest.mark.parametrize("name", ["kakunin_store_up", "kakunin_outgoing_oldest_seconds"])
async def test_a_fresh_store_has_its_gauges(sqlite_database: Database, name: str) -> None:
    assert name in await page(sqlite_database)
