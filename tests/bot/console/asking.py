"""A small FAQ, and customers who ask what it does not know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from bot.next_faq import load_next_faq
from bot.phrasing import LiveFaq
from dialogs.faq.topics import Topic, canonical_json, sha256_of
from storage import content, conversations, publishing
from storage.publishing import Published
from tests.bot.console.house import Bank

TOPICS = (
    Topic(
        id="A1",
        question="期限はいつですか",
        variants=("いつまでに答えればいい", "締め切りを教えて"),
        answer="お手紙の日までです。",
        short="回答の期限",
        source=("規程",),
        status="approved",
        approved_by="山田",
        approved_on="2026-04-01",
    ),
    Topic(
        id="A2",
        question="紙で答えられますか",
        variants=("用紙を送ってほしい", "郵送で返したい"),
        answer="紙でもお受けします。",
        source=("規程",),
        status="approved",
        approved_by="山田",
        approved_on="2026-04-01",
    ),
    Topic(
        id="A3",
        question="どこに電話すればいいですか",
        variants=("電話番号を知りたい", "問い合わせ先はどこ"),
        answer="窓口の番号です。",
        source=("規程",),
        status="approved",
        approved_by="山田",
        approved_on="2026-04-01",
    ),
)


def publish_faq(bank: Bank, topics: tuple[Topic, ...] = TOPICS) -> None:
    """As from a file, in both languages."""

    def deed(conn: Connection) -> None:
        for locale in ("ja", "en"):
            sha256 = sha256_of(topics)
            publishing.publish(
                conn,
                bank.universe,
                kind="faq",
                name="faq",
                locale=locale,
                body=canonical_json(topics),
                sha256=sha256,
                version=sha256[:12],
                actor="tests",
            )

    bank.database.run(deed)


def live_faq(bank: Bank, locale: str = "ja") -> Published:
    found = bank.database.run_read(lambda conn: publishing.live(conn, "faq", "faq", locale))
    assert found is not None
    return found


def next_faq(bank: Bank, locale: str = "ja") -> LiveFaq:
    """What would be live after the next press of an approver."""
    return bank.database.run_read(lambda conn: load_next_faq(conn, locale)).after


def variants(bank: Bank, topic: str) -> tuple[str, ...]:
    return next(one.variants for one in next_faq(bank).topics if one.id == topic)


def ask(bank: Bank, name: str, words: str, **more: Any) -> str:
    """A question that was not understood, a minute later; the end of its address."""
    bank.universe.advance(timedelta(minutes=1))
    database, uni = bank.database, bank.universe
    vault, conversation = database.vault, bank.conversation(name)

    def deed(conn: Connection) -> int:
        content_id = content.save_content(conn, vault, uni, conversation.id, direction="in", body={"text": words})
        event = {"kind": "not_understood", "at": uni.now().isoformat(), "content_id": content_id, "locale": "ja"}
        event |= {"why": "unknown", "asked": None, "topics": ["A1", "A2"], "scores": [0.41, 0.2], "version": "f" * 64}
        return conversations.save_conversation(conn, vault, conversation, [event | more]).event_seq

    return f"/questions/{bank.refs[name]}/{database.run(deed)}"
