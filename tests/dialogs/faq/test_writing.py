"""A FAQ that is written back reads as it was."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from dialogs.faq.topics import Topic, load_shipped, read_topics
from dialogs.faq.writing import to_yaml
from locales import SHIPPED_LANGUAGES, shipped_text

_LINE = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters="{}"), min_size=1)
_TEXT = st.one_of(
    _LINE, st.sampled_from(["yes", "null", "2026-04-01", "- a", "a: b", "# c", "'", '"', "012", "~", "|"])
)


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_the_shipped_faq_is_written_in_its_own_layout(locale: str) -> None:
    written, shipped = to_yaml(load_shipped(locale)), shipped_text(locale, "faq.yaml")
    assert read_topics(written, locale) == load_shipped(locale)
    # Whoever looks at the difference sees what was added, not another layout; quotes are a matter of taste.
    ours, theirs = ({line.replace('"', "") for line in text.splitlines()} for text in (written, shipped))
    assert len(ours - theirs) < len(theirs) // 50


@settings(max_examples=60)
@given(
    question=_TEXT,
    variants=st.lists(_TEXT, min_size=1, max_size=4, unique=True),
    answer=st.lists(_TEXT, min_size=1, max_size=3),
    source=st.lists(_TEXT, min_size=1, max_size=3, unique=True),
    handover=st.booleans(),
    approved=st.booleans(),
)
def test_whatever_is_in_a_topic_comes_back(
    question: str, variants: list[str], answer: list[str], source: list[str], handover: bool, approved: bool
) -> None:
    topic = Topic(
        id="X.1",
        question=question,
        variants=tuple(variants),
        answer="\n\n".join(answer),
        source=tuple(source),
        handover=handover,
        status="approved" if approved else "draft",
        approved_by="山田" if approved else "",
        approved_on="2026-04-01" if approved else "",
    )
    second = Topic(id="X2", question="q", variants=("v",), answer="a", see_also=("X.1",), source=("s",))
    assert read_topics(to_yaml((topic, second)), "ja") == (topic, second)
