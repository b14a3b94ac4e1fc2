"""What is never asked and never stored: card numbers, PINs, passwords, one-time codes, 個人番号.

The text is looked at before anything is written, in any width, with any separators, in figures or spelled
out, and in time that grows with its length only.  What is found is only named by kind; the secret itself
is in no value, message or error.  A reply that is valid for the open question (a phone number, an amount)
is not taken for a secret, and a question about PINs without a PIN in it is a question.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dialogs.guard_digits import (
    COUNTED,
    Run,
    is_card_number,
    is_my_number,
    issuer_lengths,
    runs_of,
    spelled_as_figures,
)
from dialogs.guard_passwords import holds_password
from dialogs.japanese.numerals import digits_of
from dialogs.japanese.width import join_japanese, normalise


class SecretKind(StrEnum):
    """The kinds, as they stand in the mark of a withheld text."""

    CARD_NUMBER = "card_number"
    PIN = "pin"
    PASSWORD = "password"  # noqa: S105 - the name of a kind
    ONE_TIME_CODE = "one_time_code"
    MY_NUMBER = "my_number"


@dataclass(frozen=True, kw_only=True)
class Secret:
    """That there was a secret, and of which kind; never the secret."""

    kind: SecretKind


#: Kinds of the open question whose valid replies can look like a number that is withheld.
_NUMERIC_KINDS = frozenset(("phone", "corporate_number", "residence_card", "postal_code", "amount", "date", "integer"))
_ANY_DAY = date(2000, 1, 1)

_CARD_WORDS = re.compile(
    r"カード番号|かーど番号|カードの番号|クレジット(?:カード)?(?:の?番号)?|card number|credit card|debit card|デビット"
)
_MY_NUMBER_WORDS = re.compile(r"マイナンバー|まいなんばー|個人番号|マイナ番号|my ?number|individual number")
_ONE_TIME_WORDS = re.compile(
    r"ワンタイム(?:パスワード|コード|パス)?|ワンパス|(?:認証|確認|承認)(?:コード|番号)|sms(?:の)?(?:コード|番号)"
    r"|(?<![a-z])otp(?![a-z])|one[- ]?time (?:code|password|passcode)|verification code|security code sent|二段階認証"
)
_PIN_WORDS = re.compile(
    r"暗[証唱誦礁](?:番号|ナンバー|コード)?|あんしょう(?:ばんごう)?|アンショウ|(?<![a-z])pins?(?![a-z])|passcode|パスコード"
    r"|(?<![ァ-ヺー])ピン(?:番号|コード|ナンバー|(?=[はが:=\d]))"
)
#: The code on a card's back; a residence card has none.
_CARD_CODE_WORDS = re.compile(
    r"セキュリティー?(?:・?コード|番号|ナンバー)|(?<![a-z])cv[vcn](?![a-z])|security (?:code|number)|card verification"
    r"|(?<!在留)(?<!ナンバー)(?:カード|クレカ)の?(?:裏|うら|後ろ|背面)|裏面?の[34](?:桁|けた|ケタ)"
    r"|back of (?:the|my|your) (?:\w+ )?card|digits? (?:number|code) on the back"
)
#: The 2 of a name, which is no figure of the code.
_CVV2 = re.compile(r"(?<![a-z])(cv[vcn])2(?!\w)")
_NEAR_AFTER, _NEAR_BEFORE = 24, 10
#: Between the word and the figures the message may not turn to another number.
_OTHER_NUMBER = re.compile(
    r"電話(?!帳)|携帯|照合|受付|口座|支店|店番|郵便|〒|生年月日|住所|住んで|引っ越|番地|顧客|お客|会員|社員|年収|残高|金額|連絡先|西暦"
    r"|phone|tel(?![a-z])|account|branch|address|postcode|post code|zip|birth|income|reference|live [ai]"
)
#: A day or an hour: "12/15に", "10:30から".
_DAY_OR_HOUR = re.compile(r"(?:0?[1-9]|1[0-2])/(?:0?[1-9]|[12]\d|3[01])|(?:[01]?\d|2[0-4]):[0-5]\d")
_AT_THAT_TIME = re.compile(r" ?(?:に|の|から|まで|頃|ごろ|以降)")
_IS_THE = re.compile(r" ?(?:が|は|って|というのが| is)(?:私の|わたしの| ?my )?")
_IN_A_YEAR = re.compile(r"(?:in|since|until|from|before|after|of) ?$")
_YEAR = re.compile(r"(?:19|20)\d\d")


def find_secret(text: str, *, expected: str | None) -> Secret | None:
    """The secret that ``text`` holds, if any; ``expected`` is the kind of the open question."""
    # Raised figures, which no reader takes for plain ones, are figures here.
    typed = unicodedata.normalize("NFKC", normalise(text)).lower()
    plain = _CVV2.sub(r"\1", digits_of(join_japanese(typed)))
    spelled = spelled_as_figures(plain)
    doubtful = None
    for figures in (plain,) if spelled == plain else (plain, spelled):
        runs = list(runs_of(figures))
        # These are named as such in the text; no valid reply says so.
        if kind := _named(figures, runs):
            return Secret(kind=kind)
        doubtful = doubtful or _number(figures, runs)
    if holds_password(plain, typed):
        doubtful = SecretKind.PASSWORD
    return None if doubtful is None or _is_valid_reply(text, expected) else Secret(kind=doubtful)


def withheld_mark(secret: Secret) -> str:
    """What is stored instead of the text: ``[withheld: card_number]``."""
    return f"[withheld: {secret.kind.value}]"


def _is_valid_reply(text: str, expected: str | None) -> bool:
    """Whether the text is a valid answer to the open question, of a kind whose answers can look like a secret."""
    if expected not in _NUMERIC_KINDS:
        return False
    from dialogs.replies import READERS
    from dialogs.replies.base import Parsed, ReplyContext

    return isinstance(READERS[expected](text, ReplyContext(today=_ANY_DAY)), Parsed)


def _number(plain: str, runs: list[Run]) -> SecretKind | None:
    named_card, named_my_number = _CARD_WORDS.search(plain), _MY_NUMBER_WORDS.search(plain)
    for run in runs:
        if _holds_card(run) or (named_card and 14 <= len(run.digits) <= 19):
            return SecretKind.CARD_NUMBER
        if len(run.digits) == 12 and (is_my_number(run.digits) or named_my_number):
            return SecretKind.MY_NUMBER
        if named_my_number and any(is_my_number(window) for window in run.windows((12,))):
            return SecretKind.MY_NUMBER
    return None


def _holds_card(run: Run) -> bool:
    """A card number alone (any issuer), or at a group's edge inside a longer run (by its issuer's prefix)."""
    if is_card_number(run.digits) and not run.begins_with_phone:
        return True
    return any(len(window) in issuer_lengths(window) and is_card_number(window) for window in run.windows((14, 15, 16)))


def _named(plain: str, runs: list[Run]) -> SecretKind | None:
    """A short number beside its name, or alone of its shape in a message that names it."""
    if not runs:
        return None
    others = _Places(_OTHER_NUMBER, plain)
    code = _Places(_CARD_CODE_WORDS, plain)
    for kind, words, near, far in (
        (SecretKind.ONE_TIME_CODE, _Places(_ONE_TIME_WORDS, plain), (4, 8), (4, 6)),
        (SecretKind.CARD_NUMBER, code, (3, 4), (3, 4)),
        (SecretKind.PIN, _Places(_PIN_WORDS, plain), (3, 8), (4, 6)),
        # A "security code" of more figures came by message.
        (SecretKind.ONE_TIME_CODE, code, (5, 8), (6, 6)),
    ):
        if words.starts and any(
            _belongs(plain, run, words, others, near, far) for run in runs if not _is_other_figure(plain, run)
        ):
            return kind
    return None


class _Places:
    """Where words stand in a text, so that each run asks for its neighbours without reading the text again."""

    def __init__(self, words: re.Pattern[str], plain: str) -> None:
        found = [match.span() for match in words.finditer(plain)]
        self.starts, self.ends = [start for start, _ in found], [end for _, end in found]

    def last_end(self, before: int) -> int:
        """The end of the last word that ends at or before a place; -1 if there is none."""
        index = bisect_right(self.ends, before)
        return self.ends[index - 1] if index else -1

    def next_start(self, after: int) -> int | None:
        """The start of the first word that starts at or after a place."""
        index = bisect_left(self.starts, after)
        return self.starts[index] if index < len(self.starts) else None


def _belongs(
    plain: str, run: Run, words: _Places, others: _Places, near: tuple[int, int], far: tuple[int, int]
) -> bool:
    """Whether figures belong to the word before or behind them, with no other number's name in between."""
    size, simple = len(run.digits), len(run.groups) == 1 or set(run.groups) == {1}
    # Far from the word, and when long, separators make a date, a telephone number or an address of it.
    fits_near = near[0] <= size <= near[1] and (size <= 6 or simple)
    fits_far = far[0] <= size <= far[1] and (len(run.groups) == 1 or (simple and not set("-/") & set(run.written)))
    word = words.last_end(run.start)
    if word >= 0 and others.last_end(run.start) <= word:
        distance = run.start - word
        if fits_far or (fits_near and distance <= _NEAR_AFTER):
            return True
    following, other = words.next_start(run.end), others.next_start(run.end)
    if following is None or (other is not None and other < following):
        return False
    distance = following - run.end
    # The figures may already belong to another number: 電話の下4桁は5678で、暗証番号は...
    if others.last_end(run.start) >= 0 and not (
        distance <= _NEAR_BEFORE and _IS_THE.fullmatch(plain, run.end, following)
    ):
        return False
    return fits_far or (fits_near and distance <= _NEAR_BEFORE)


def _is_other_figure(plain: str, run: Run) -> bool:
    """A year, a day, an hour, a count or a sum."""
    if COUNTED.match(plain, run.end):
        return True
    if _DAY_OR_HOUR.fullmatch(run.written) and _AT_THAT_TIME.match(plain, run.end):
        return True
    return bool(_YEAR.fullmatch(run.written) and _IN_A_YEAR.search(plain[max(0, run.start - 7) : run.start]))
