"""The gallery of what is shipped, made once for all tests of it."""

from __future__ import annotations

import pytest

from bot.gallery.entries import Content, Gallery, gallery
from dialogs.definition.yaml_format import load_shipped, shipped_names
from dialogs.faq.topics import load_shipped as load_topics
from locales import VOICES


def content_of(*forms: str) -> Content:
    return Content(
        forms=[load_shipped(form) for form in forms],
        topics={voice: {topic.id: topic for topic in load_topics(voice)} for voice in VOICES},
        facts={"bank_name": "見本銀行", "bank_phone": "0120-000-000"},
        window=(20, 12, 90, 45),
    )


@pytest.fixture(scope="session")
def content() -> Content:
    return content_of(*shipped_names())


@pytest.fixture(scope="session")
def made(content: Content) -> Gallery:
    return gallery(content)
