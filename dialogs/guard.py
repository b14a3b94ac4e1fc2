"""What is never asked and never stored: card numbers, PINs, passwords, one-time codes, 個人番号.

The text is looked at before anything is written, in any width and with any separators.  What is found
is only named by kind; the secret itself is in no value, message or error.  A reply that is valid for
the open question (a phone number, an amount) is not taken for a secret, and a question about PINs
without a PIN in it is a question.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from dialogs.guard_digits import Run, is_card_number, is_my_number, issuer_lengths, runs_of
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
    r"暗証(?:番号|ナンバー|コード)?|あんしょう(?:ばんごう)?|(?<![a-z])pin(?![a-z])|ピン(?:番号|コード)|パスコード|passcode"
    r"|セキュリティ(?:コード|番号)|(?<![a-z])cv[vc]2?(?![a-z])|security code"
)
_PASSWORD_WORDS = re.compile(
    r"パスワード|ぱすわーど|パスワ(?!ー)|password|passwd|(?<![a-z0-9])pass(?=[ :=は])|(?<![a-z0-9])pwd?(?![a-z0-9])"
    r"|合言葉"
)
#: After 4 figures: a year, a count, a sum; not a PIN.
_COUNTED = re.compile(
    r" ?(?:年|月|日|円|回|桁|けた|ケタ|人|分|時|件|歳|才|万|千|階|号室|丁目|%|か月|ヶ月|years?|digits?|times|yen|days?)"
)
_NEAR_AFTER, _NEAR_BEFORE = 24, 10
#: Between the word and the figures the sentence may not turn to another number.
_OTHER_NUMBER = re.compile(
    r"電話|携帯|照合|受付|口座|支店|店番|郵便|生年月日|住所|顧客|お客|phone|tel|account|branch|連絡先"
)
_VALUE = re.compile(
    r"^(?:番号)?[」』\"' ]*(?P<link>は|が|:|=|→|⇒|->|is |was |を|、|\(| )?[「『\"' :=]*(?P<value>[!-~]{4,64})"
)
_NO_VALUE_WORDS = """
    not needed required necessary wrong incorrect forgotten forgot reset change changed secret what which please
    asked stolen leaked lost expired invalid correct same safe unknown really never always only being have need must
    will should would could does with from this that your manager page policy protected
"""
_NO_VALUE = frozenset(_NO_VALUE_WORDS.split())


def find_secret(text: str, *, expected: str | None) -> Secret | None:
    """The secret that ``text`` holds, if any; ``expected`` is the kind of the open question."""
    # Raised figures, which no reader takes for plain ones, are figures here.
    plain = digits_of(join_japanese(unicodedata.normalize("NFKC", normalise(text)))).lower()
    runs = list(runs_of(plain))
    kind = (
        _one_time_code(plain, runs) or _pin(plain, runs) or _password(plain) or (_number(plain, runs) if runs else None)
    )
    # A one-time code or PIN is named as such in the text; no valid reply says so.
    doubtful = kind in (SecretKind.PASSWORD, SecretKind.CARD_NUMBER, SecretKind.MY_NUMBER)
    if kind is None or (doubtful and _is_valid_reply(text, expected)):
        return None
    return Secret(kind=kind)


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


def _near(plain: str, runs: list[Run], words: re.Pattern[str], shortest: int, longest: int) -> Iterator[Run]:
    """Short figures beside one of the words, in the same sentence and not about another number."""
    for word in words.finditer(plain):
        for run in runs:
            if not shortest <= len(run.digits) <= longest or _COUNTED.match(plain, run.end):
                continue
            after = plain[word.end() : run.start] if 0 <= run.start - word.end() <= _NEAR_AFTER else None
            before = plain[run.end : word.start()] if 0 <= word.start() - run.end <= _NEAR_BEFORE else None
            between = after if after is not None else before
            if between is not None and not _OTHER_NUMBER.search(between):
                yield run


def _one_time_code(plain: str, runs: list[Run]) -> SecretKind | None:
    return SecretKind.ONE_TIME_CODE if any(_near(plain, runs, _ONE_TIME_WORDS, 4, 8)) else None


def _pin(plain: str, runs: list[Run]) -> SecretKind | None:
    return SecretKind.PIN if any(_near(plain, runs, _PIN_WORDS, 3, 6)) else None


def _password(plain: str) -> SecretKind | None:
    for word in _PASSWORD_WORDS.finditer(plain):
        match = _VALUE.match(plain[word.end() : word.end() + 90])
        if match is None:
            continue
        value = match["value"].strip(".,?!\"')")
        has_figure = any(char.isdigit() for char in value)
        said = match["link"] not in (None, " ", "を", "、")
        if len(value) >= 4 and value not in _NO_VALUE and (has_figure or (said and not plain.rstrip().endswith("?"))):
            return SecretKind.PASSWORD
    return None
