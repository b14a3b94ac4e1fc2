"""Which choices a free text names, and whether it affirms them.

Longer terms win over the shorter ones inside them (年金受取 over 年金), Latin terms match whole words
only, and very short or very common words count only as a whole reply.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from dialogs.definition.model import Choice
from dialogs.japanese.width import fold, normalise

_PARTS = re.compile(r"[・/／、()「」]|,(?!\d)|または| or ")
_LATIN = re.compile(r"[a-z0-9][a-z0-9 .'\-/]*")
#: Words of every sentence; as a synonym they count only when they are the whole reply.
_COMMON = frozenset(
    map(
        fold,
        (
            "ない",
            "なし",
            "ある",
            "あり",
            "いる",
            "いない",
            "いません",
            "はい",
            "いいえ",
            "ほか",
            "なに",
            "もの",
            "こと",
            "できない",
            "日本",
        ),
    )
)
_NEGATIVE_LABEL = re.compile("(?:ない|なし|ません|ず)$|not ")
#: Right after a term: it is denied.
_DENIED = re.compile(
    "(?:を|に|で|として|と|も|が|は|に関係|の予定|の予定は|という?(?:わけ|こと))*(?:では|じゃ|や|には|とは|は)?"
    "(?:あり)?(?:しません|しない|してない|していない|してません|していません|してへん|せえへん|せん|ません|まへん"
    "|ない|なく|なかった|ちゃう|ちがう|違|以外|を除|をやめ|を辞め|やめ|辞め| is not|ではなく|あらへん|あれへん"
    "|おりません|いません|もらってい?ない|受け取ってい?ない|使ってい?ない|使いません)"
)
#: Right after a term: it was so once.
_PAST = re.compile(
    "(?:で|を|に)?(?:でした|だった|やった|していました|してました|していた|してた|をしてい?た|だったが|でしたが|をやめ|を辞め)"
)
_PLAIN_DENIAL = re.compile(
    "^(?:では|じゃ|は|も|が|を)?(?:ありません|ません|しません|しない|ない|あらへん|へん|ないです|はしません)"
)
_ONCE_BEFORE = re.compile("(?:元|以前は?|昔は?|前は|かつて|もと)$")
#: Another person is spoken of.
_OTHERS = re.compile("(?:夫|妻|主人|家内|旦那|嫁|父|母|親|息子|娘|子ども|子供|兄|弟|姉|妹|家族|孫)(?:は|が|も)")
_DOUBT = re.compile("かも|たぶん|多分|おそらく|かな$|と思うけど|だったような|みたいな|maybe|probably|perhaps|not sure")
_WISH = re.compile("(?:に)?(?:なりたい|なる予定|なるつもり|したいです|を考えて|検討|探して)")
_QUESTION = re.compile(r"\?|(?:か|かね|かしら|でしょうか|って何|とは|何|なぜ|どれ|どういう(?:こと|意味))$")


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The folded words of one choice."""

    labels: frozenset[str]
    parts: frozenset[str]
    is_negative: bool


@dataclass(kw_only=True)
class Found:
    """Choices that a text affirms, names without affirming, or denies."""

    sure: list[Choice] = field(default_factory=list)
    doubtful: list[Choice] = field(default_factory=list)
    denied: list[Choice] = field(default_factory=list)
    plainly_denied: bool = False


def terms_of(choice: Choice) -> Terms:
    """Labels, and parts of labels and synonyms, of a choice in every language."""
    return _terms(tuple(choice.label.values()), tuple(choice.button.values()), choice.extra.get("synonyms", ""))


@lru_cache(maxsize=4096)
def _terms(labels: tuple[str, ...], buttons: tuple[str, ...], synonyms: str) -> Terms:
    whole = frozenset(fold(label) for label in (*labels, *buttons)) - {""}
    parts = {fold(part) for label in (*labels, *buttons) for part in _PARTS.split(normalise(label))}
    parts |= {fold(word) for word in synonyms.split("|")}
    return Terms(
        labels=whole,
        # A bare figure is the number of a choice, never a part of its label.
        parts=frozenset(part for part in parts if part and not part.isdigit()),
        is_negative=any(_NEGATIVE_LABEL.search(fold(label)) for label in labels),
    )


def is_question(plain: str) -> bool:
    """Whether the text asks rather than answers."""
    return _QUESTION.search(normalise(plain).lower().rstrip("。. !")) is not None


def find_words(folded: str, choices: Sequence[Choice]) -> Found:
    """Sort the choices by what the folded text says about them."""
    spans = _spans(folded, choices)
    doubted = _DOUBT.search(folded) is not None
    found = Found()
    for choice in choices:
        verdicts = [_verdict(folded, start, end) for start, end, owner in spans if owner is choice]
        if not verdicts:
            continue
        if "sure" in verdicts:
            (found.doubtful if doubted else found.sure).append(choice)
        elif "doubtful" in verdicts:
            found.doubtful.append(choice)
        else:
            found.denied.append(choice)
            found.plainly_denied = "plain" in verdicts
    if not (found.sure or found.doubtful or found.denied) and len(folded) >= 2:
        found.doubtful = _shortened(folded, choices)
        if len(found.doubtful) == 1 and not doubted:
            found.sure, found.doubtful = found.doubtful, []
    return found


def _spans(folded: str, choices: Sequence[Choice]) -> list[tuple[int, int, Choice]]:
    """Where terms stand in the text, without those that lie inside a longer one."""
    spans = [
        (start, start + len(term), choice)
        for choice in choices
        for term in terms_of(choice).labels | terms_of(choice).parts
        if len(term) >= 2 and term not in _COMMON
        for start in _places(folded, term)
    ]
    return [
        span
        for span in spans
        if not any(
            other[0] <= span[0] and span[1] <= other[1] and other[1] - other[0] > span[1] - span[0] for other in spans
        )
    ]


def _places(folded: str, term: str) -> list[int]:
    latin = _LATIN.fullmatch(term) is not None
    places, start = [], folded.find(term)
    while start >= 0:
        end = start + len(term)
        before, after = folded[start - 1 : start], folded[end : end + 1]
        inside_word = latin and (_is_latin(before) or _is_latin(after))
        if not inside_word:
            places.append(start)
        start = folded.find(term, start + 1)
    return places


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _verdict(folded: str, start: int, end: int) -> str:
    """What the words around one place say: sure, doubtful, denied, or plainly denied (plain)."""
    after, before = folded[end : end + 24], folded[max(0, start - 8) : start]
    if _PLAIN_DENIAL.match(after):
        return "plain"
    if _DENIED.match(after) or _PAST.match(after) or _ONCE_BEFORE.search(before):
        return "denied"
    if re.search(r"\b(?:not|no longer|never)(?: an?)? ?$", before) or _WISH.match(after):
        return "denied"
    return "doubtful" if _OTHERS.search(before) else "sure"


def _shortened(folded: str, choices: Sequence[Choice]) -> list[Choice]:
    """Choices of which the text is the beginning or the middle of a label."""
    if folded in _COMMON:
        return []
    latin = _LATIN.fullmatch(folded) is not None
    return [
        choice
        for choice in choices
        if any((term.startswith(folded) if latin else folded in term) for term in terms_of(choice).labels)
    ]
