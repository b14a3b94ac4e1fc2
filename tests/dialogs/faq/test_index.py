"""The evidence that words give, before it is weighed."""

from __future__ import annotations

from dialogs.faq.features import features
from dialogs.faq.index import Index, Phrase, tables_of
from dialogs.faq.words import load_words


def test_what_most_groups_share_tells_nothing() -> None:
    words = load_words("ja")
    index = Index(tables_of([[Phrase(features(text, words))] for text in ("口座です", "住所です", "印鑑です")]))
    shared, own = (index.evidence(features(text, words))[0][0] for text in ("です", "口座です"))
    assert not shared.any()
    assert own[0, 0] == own[:, 0].max() > 0.5
    assert not own[1:].any()
