"""Names and their readings, as they are to be stored.

Width is put right and nothing else: every kanji stays as typed (a name is not "corrected"), and the
reading is full-width katakana.  What is plainly an answer to something else (同じです, 変わりません)
is refused, because a name that is taken silently cannot be noticed as wrong.
"""

from __future__ import annotations

import re
import unicodedata

from dialogs.japanese.kana import is_katakana_reading, to_hiragana, to_katakana
from dialogs.japanese.variants import has_gaiji
from dialogs.japanese.width import fold, strip_variation_selectors, to_storable_width
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import about, opening, strip_chatter
from dialogs.replies.problems import problem

LONGEST = 60

_LEAD = (
    *about(
        "お名前",
        "名前",
        "氏名",
        "名",
        "本名",
        "フルネーム",
        "フリガナ",
        "ふりがな",
        "カナ",
        "読み",
        "読み方",
        "よみ",
        "会社名",
    ),
    *about("私", "わたし", "わたくし", "僕", "俺"),
    *("漢字で", "カタカナで", "ひらがなで", "カナで", "ローマ字で", "英字で"),
    *("my name is ", "name: ", "name:", "i am ", "i'm ", "this is "),
)
_TAIL = (
    "様",
    "と申します",
    "ともうします",
    "といいます",
    "って言います",
    "っていいます",
    "という者です",
    "という名前です",
)
_KANJI = "一-鿿㐀-䶿\uf900-\ufaff々〆〇𠀀-𯨟"
_LETTERS = "A-Za-zÀ-ÖØ-öø-ɏḀ-ỿ"
_NAME = re.compile(f"[{_KANJI}ぁ-ゖァ-ヺーヽヾゝゞ{_LETTERS}・.,'’& \\-]+")
_WITH_FIGURES = re.compile(f"[{_KANJI}ぁ-ゖァ-ヺーヽヾゝゞ{_LETTERS}0-9・.,'’& \\-()]+")
_ANY_LETTER = re.compile(f"[{_KANJI}ぁ-ゖァ-ヺ{_LETTERS}]")
_CORPORATE = re.compile(
    "株式会社|有限会社|合同会社|合資会社|合名会社|法人|組合|事務所|協会|学園|財団|社団|inc|llc|ltd|corp|gmbh|co\\.",
    re.IGNORECASE,
)
_CORPORATE_MARKS = {
    "㈱": "株式会社",
    "(株)": "株式会社",
    "㍿": "株式会社",
    "㈲": "有限会社",
    "(有)": "有限会社",
    "(同)": "合同会社",
}
_NOT_A_NAME = frozenset(
    fold(word)
    for word in (
        *(
            "同じ",
            "おなじ",
            "同上",
            "前と同じ",
            "前回と同じ",
            "今までと同じ",
            "そのまま",
            "変更なし",
            "変更無し",
            "変わりなし",
            "変化なし",
        ),
        *(
            "なし",
            "無し",
            "ない",
            "無い",
            "特になし",
            "特に無し",
            "わからない",
            "分からない",
            "不明",
            "知らない",
            "未定",
            "秘密",
        ),
        *(
            "はい",
            "いいえ",
            "うん",
            "ううん",
            "ええ",
            "ok",
            "yes",
            "no",
            "結構",
            "大丈夫",
            "いいです",
            "いや",
            "嫌",
            "だめ",
            "そう",
        ),
        *(
            "戻る",
            "もどる",
            "やめる",
            "あとで",
            "後で",
            "ヘルプ",
            "変更あり",
            "変わった",
            "本人",
            "自分",
            "私",
            "わたし",
            "none",
            "same",
        ),
        *(
            "unchanged",
            "help",
            "back",
            "stop",
            "n/a",
            "na",
            "test",
            "テスト",
            "名前",
            "氏名",
            "ありがとう",
            "こんにちは",
        ),
    )
)
#: Ends of sentences that also end names in kana (ヤマシタ, トーマス, タカラ): only where a kanji stands before.
_SENTENCE = re.compile(
    "(?:ません|ました|ます|でした|ですか|ください|下さい|したい|けど|から|ないです|ないよ|へん|だった|ない|たい|って|のまま|の人|ので|くの|[?？])$"
    "|旧字|新字|はしご|立つ?崎|たつさき|漢字|の方|ほう[のが]| と |と同じ|のまま[でに]"
    "|聞[いかくけ]|変わ|変更|教え|待って|係の|旧姓|電話|一緒|前回|今まで|以前|戻[っらりるし]|分から|結婚|離婚|名前|苗字|名字|本人"
    f"|[{_KANJI}]は[{_KANJI}]"
)
#: In kana alone: what surely is no name.
_SENTENCE_IN_KANA = re.compile(
    "^(?:いまのまま|いままで|なんで|どうして|なぜ|そのまま|おなじ|まえと|かわら|かわっ|かわり(?:ま|な)|わから|おしえ|ちょっとま)"
    "|(?:ません|ないです|ですか|ください|でした|いらない|りました|えました|たくない|[?？])$"
    # 貞代 and 忠代 are names that end like a sentence.
    "|(?<![さた])だよ$|(?:やで|だね|ですわ|やねん)$"
)
_SENTENCE_IN_LATIN = re.compile(
    r"\b(?:same as|the same|no change|not changed?|has changed|unchanged|no name|don'?t|do not|why do|what is|is my)\b",
    re.IGNORECASE,
)
#: What people add to a name of kanji: 山田太郎だよ, 山田太郎さん.
_BEHIND_KANJI = re.compile(f"(?<=[{_KANJI}])(?:だよ|だね|やで|じゃよ|ですわ|さん)$")
_MARKED = re.compile(f"[{_LETTERS}][\u0300-\u036f]+")
_APOSTROPHES = str.maketrans("`´‘’ʻʼ", "'" * 6)
_ALL_KANJI, _ALL_KANA = re.compile(f"[{_KANJI}]+"), re.compile("[ぁ-ゖァ-ヺー]+")
#: No reading of a name begins with these.
_NO_BEGINNING = re.compile("(?:^|[ ・])(?:[ャュョッヮー]|$)")


def read_name(text: str, context: ReplyContext) -> Parsed | Problem:
    """A person's or a company's name: kanji, kana or Latin letters, in the width that is stored."""
    typed = _typed("name", text, context)
    if isinstance(typed, Problem):
        return typed
    typed = _BEHIND_KANJI.sub("", typed)
    for mark, word in _CORPORATE_MARKS.items():
        typed = typed.replace(mark, word)
    if has_gaiji(typed):
        return problem("name.gaiji", context)
    if _is_not_a_name(typed) or _holds_its_reading(typed):
        return problem("name.not_a_name", context)
    allowed = _WITH_FIGURES if _CORPORATE.search(typed) else _NAME
    if not allowed.fullmatch(strip_variation_selectors(typed)) or not _ANY_LETTER.search(typed):
        return problem("name.bad_character", context)
    return Parsed(value=typed, display=typed)


def read_kana(text: str, context: ReplyContext) -> Parsed | Problem:
    """A reading in full-width katakana; hiragana and half-width kana are turned into it."""
    typed = _typed("kana", text, context)
    if isinstance(typed, Problem):
        return typed
    if _is_not_a_name(typed):
        return problem("kana.not_a_name", context)
    reading = " ".join(re.sub("[、,]", " ", typed).split())
    reading = to_katakana(reading.replace("-", "ー").replace("=", "・").replace(" ・ ", "・"))
    if not is_katakana_reading(reading) or not re.search("[ァ-ヺ]", reading) or _NO_BEGINNING.search(reading):
        return problem("kana.not_kana", context)
    return Parsed(value=reading, display=reading)


def _typed(kind: str, text: str, context: ReplyContext) -> str | Problem:
    plain = opening(kind, text, context)
    if isinstance(plain, Problem):
        return plain
    typed = strip_chatter(to_storable_width(text.translate(_APOSTROPHES)), lead=_LEAD, tail=_TAIL)
    # Letters that were typed apart from their accents become one, as they are compared and printed.
    typed = _MARKED.sub(lambda match: unicodedata.normalize("NFC", match[0]), typed)
    if not typed:
        return problem(f"{kind}.empty", context)
    return typed if len(typed) <= LONGEST else problem(f"{kind}.too_long", context, limit=str(LONGEST))


def _is_not_a_name(typed: str) -> bool:
    if fold(typed) in _NOT_A_NAME or _SENTENCE_IN_KANA.search(to_hiragana(typed)) or _SENTENCE_IN_LATIN.search(typed):
        return True
    return re.search(f"[{_KANJI}]", typed) is not None and _SENTENCE.search(typed) is not None


def _holds_its_reading(typed: str) -> bool:
    """Whether a name is followed by its reading: 山田 太郎 ヤマダ タロウ."""
    words = typed.split()
    half = len(words) // 2
    return (
        len(words) >= 4
        and all(_ALL_KANJI.fullmatch(word) for word in words[:half])
        and all(_ALL_KANA.fullmatch(word) for word in words[half:])
    )
