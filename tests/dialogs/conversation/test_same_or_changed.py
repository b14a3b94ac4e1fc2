"""A reply to an offered value: whatever speaks of change is never taken for "unchanged"."""

from __future__ import annotations

import pytest

from dialogs.conversation.same_or_changed import says_same
from dialogs.japanese import fold


@pytest.mark.parametrize(
    "text",
    [
        "変わりました", "変わったよ", "はい、変わりました", "いいえ、変わりました", "変わってます", "変更があります",
        "引っ越しました", "引越しました", "変える", "変更したいです", "番号を変えました", "Changed", "It has changed",
        "yes, changed", "I moved", "it is different",
    ],
)  # fmt: skip
def test_it_changed(text: str) -> None:
    assert says_same(fold(text)) is False


@pytest.mark.parametrize(
    "text",
    [
        "変わっていません", "変わってないです", "いいえ、変わっていません", "はい、変わってないです", "変わりません",
        "変わりないです", "変更ありません", "変更はない", "違いません", "同じです", "そのままで", "not changed",
        "no change", "It hasn't changed", "the same", "no, the same",
    ],
)  # fmt: skip
def test_it_is_the_same(text: str) -> None:
    assert says_same(fold(text)) is True


@pytest.mark.parametrize(
    "text",
    [
        "", "はい", "いいえ", "yes", "電話は変わったけど住所は同じ", "変わりましたか", "変わったらどうすればいいですか",
        "変わったかもしれません", "has it changed?", "山田 花子", "みほん商事",
    ],
)  # fmt: skip
def test_it_says_neither(text: str) -> None:
    assert says_same(fold(text)) is None
