"""The words with which people say that they have read something, beside every yes.

Kept apart from yes and no: 「確認しました」 answers "please read this", and no other question.
"""

from __future__ import annotations

from dialogs.japanese.width import fold

_JAPANESE = """
    確認しました 確認した 確認いたしました 確認致しました 確認できました 確認済み 確認済みです 読みました 読んだ
    読ませていただきました 拝読しました 拝見しました 目を通しました 見ました 把握しました 理解しました 理解した 読了
    読了しました 既読
"""
_ENGLISH = (
    "i have read this", "i have read it", "i have read them", "i've read this", "i've read it", "i read it", "read it",
    "read", "confirmed", "noted", "understood", "i understand", "done reading",
)  # fmt: skip
_WORDS = frozenset(map(fold, (*_JAPANESE.split(), *_ENGLISH)))


def says_that_it_is_read(text: str) -> bool:
    """Whether the whole text says so."""
    return fold(text) in _WORDS
