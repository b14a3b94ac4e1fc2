"""Passwords in a text: the word for one, and behind it something that is one and no part of a sentence.

A sentence about passwords (that one is forgotten, whether one is needed) must pass, so a value counts only
where it is told as one: in Latin signs behind は or a colon, or in Japanese where nothing follows but です.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dialogs.guard_digits import COUNTED
from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.width import join_japanese

_WORDS = re.compile(
    r"パスワード|ぱすわーど|パスワ(?!ー)|password|passwd|passphrase|合言葉|秘密の質問の(?:答え?|回答)"
    r"|(?<![a-z0-9])pass(?=[ :=は])|(?<![a-z0-9])pwd?(?![a-z0-9])"
    r"|(?P<short>(?:(?<![ァ-ヺー])|(?<=ログイン))パス(?= ?[はが:=]))"
)
_VALUE = re.compile(
    r"^(?:番号)?[」』\"' ]*(?P<link>は|が|:|=|→|⇒|->|'?s |is |was |を|、|\(| )?[「『\"' :=]*(?P<value>[!-~]{4,64})"
)
_NO_VALUE_WORDS = """
    not needed required necessary wrong incorrect forgotten forgot reset change changed secret what which please
    asked stolen leaked lost expired invalid correct same safe unknown really never always only being have need must
    will should would could does with from this that your manager page policy protected
"""
_NO_VALUE = frozenset(_NO_VALUE_WORDS.split())

#: Behind the word: how a value is introduced, the value, and what may end it.
_JAPANESE = re.compile(
    r" ?(?:番号)? ?(?P<link>は|が|:|=|→|⇒|->|(?<= )) ?[、,]? ?(?P<quote>[「『\"'])?"
    r"(?P<value>[ぁ-ゖァ-ヺー々〆一-鿿ヶ・ ]{2,24}[a-z0-9]{0,12})(?P<closed>[」』\"'])?"
    r"(?: ?(?:です|でした|だよ|だった|だ(?=[。!、 ]|$)|になって|に(?:しま|して|した)|と(?:しま|して|いいま|なって))"
    r"|[。.!、,」』)\n]|$)"
)
_ASKS = re.compile(r"か|\?|でしょうか")
_COPULA = re.compile(r"(?:です|でした|だよ|だった|だ|になっています|にしています|にしました|としています)(?:よ|ね)?$")
#: What is said of a password and is none, in hiragana: needed, forgotten, secret, unknown.
_ABOUT_START = re.compile(
    r"なに|なん|どう|どこ|どれ|どの|どんな|いつ|だれ|いる|いら|いり|ひつよう|ふよう|ない|なし|なく|ある|あり|あっ|わか|わす|しら|しり"
    r"|だめ|ちが|おなじ|まだ|もう|すでに|そのまま|このまま|ひみつ|ないしょ|きか|きき|おし|いえ|いわ|いい|はい|これ|それ|あれ|この|その"
    r"|あの|とくに|べつ|だいじょうぶ|むり|つか|かえ|かわ|にゅうりょく|せってい|へんこう|へいき|ごぞんじ|ほんとう|すぐ|じぶん|たぶん"
    r"|さっぱり|すまほ|めーる|けーたい|ぱそこん|りせっと|ろぐいん|えらー|ろっく|めも|ぱす|さいせってい|ひつよ|ほか|ぜったい|いみ|けっこう|もちろん|あん|ばれ|もれ|ぬす|ぜんぶ|みんな"
)
_ABOUT_END = re.compile(
    r"(?:か|の|ます|ません|ない|った|した|れた|えた|きた|たい|から|ので|けど|って|して|れて|かな|かも|らしい|する|れる|ある|いる)$"
)
#: With a space only, any verb or adjective could follow: パスワード わすれる.
_ABOUT_END_LOOSE = re.compile(r"[かのるてたいんうよねとをにはがも]$")
_ABOUT_KANJI = re.compile(
    r"[忘要須任意秘密内緒明知教聞訊言違同別変更済設未無有何誰不使入力必便送紙家族自分安全危険複雑簡単英数字記号半角文漏盗正誤"
    r"再発行確認登録管理保存禁止期限切求重大丈夫好嫌絶対本当今前後覚思出書]"
)


def holds_password(plain: str, typed: str) -> bool:
    """Whether a text tells a password; ``plain`` has no inner spaces and only figures, ``typed`` keeps both."""
    return _latin(plain) or any(map(_is_told, _japanese_values(typed)))


def _latin(plain: str) -> bool:
    for word in _WORDS.finditer(plain):
        match = _VALUE.match(plain[word.end() : word.end() + 90])
        if match is None:
            continue
        value = match["value"].strip(".,?!\"')")
        has_figure = any(char.isdigit() for char in value)
        if value.isdigit() and COUNTED.match(plain, word.end() + match.start("value") + len(value)):
            continue
        if word["short"] and not (has_figure and any(char.isalpha() for char in value)):
            continue
        said = match["link"] not in (None, " ", "を", "、")
        if len(value) >= 4 and value not in _NO_VALUE and (has_figure or (said and not plain.rstrip().endswith("?"))):
            return True
    return False


def _japanese_values(typed: str) -> Iterator[re.Match[str]]:
    for word in _WORDS.finditer(typed):
        rest = typed[word.end() : word.end() + 60]
        match = _JAPANESE.match(rest)
        if match is None or (word["short"] and match["link"] not in (":", "=") and not match["quote"]):
            continue
        # A question is a question: パスワードはさくらですか asks, and what it asks about is not told.
        if not _ASKS.match(rest, match.end()):
            yield match


def _is_told(match: re.Match[str]) -> bool:
    value = _COPULA.sub("", join_japanese(match["value"]).strip())
    letters = re.sub(r"[a-z0-9・ ]", "", value)
    sound = to_hiragana(letters)
    if len(value) < 3 or not letters or _ABOUT_START.match(sound) or _ABOUT_KANJI.search(letters):
        return False
    if match["quote"]:
        return bool(match["closed"])
    if re.search("[一-鿿]", letters):
        # Kanji and kana together make a sentence more often than a password.
        return match["link"] != "" and re.fullmatch("[一-鿿々ヶ]{3,8}", letters) is not None
    ends = _ABOUT_END if match["link"] else _ABOUT_END_LOOSE
    return not (ends.search(sound) and letters == value)
