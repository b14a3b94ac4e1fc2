"""What is typed instead of a name: answers to other questions, commands, sentences.

Promise: nothing here is a name that somebody in Japan bears; a family name such as 本, 一 or 王 stays one.
"""

from __future__ import annotations

import re
from itertools import takewhile

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.name_readings import may_read
from dialogs.japanese.width import fold
from dialogs.replies.surrounding_words import ENGLISH_SENTENCE

KANJI = "一-鿿㐀-䶿\uf900-\ufaff々〆〇𠀀-𯨟"

_WORDS = """
同じ おなじ 同上 前と同じ 前回と同じ 今までと同じ そのまま 変更なし 変更無し 変わりなし 変化なし
なし 無し ない 無い 特になし 特に無し わからない 分からない 不明 知らない 未定 未記入 空欄
秘密 ひみつ 内緒 ないしょ 匿名 名無し ななし 名なし
はい いいえ うん ううん ええ そう そうそう ok yes no 結構 大丈夫 いいです いや 嫌 だめ
戻る もどる やめる あとで 後で ヘルプ 変更あり 変わった 本人 自分 私 わたし 僕 俺
none same unchanged help back stop n/a na test テスト 名前 氏名 なまえ ありがとう こんにちは こんばんは おはよう
会社員 社員 正社員 会社役員 公務員 自営業 自営 個人事業主
主婦 主夫 専業主婦 学生 大学生 無職 年金 年金受給者 パート アルバイト
男 女 男性 女性 独身 既婚 日本 日本人 株式会社 有限会社 合同会社 会社 住所 電話 電話番号 生年月日 郵便番号
えっと ええと もういい うるさい だるい 面倒 めんどう 次 つぎ 了解 りょうかい わかった 分かった わかりました よろしく
おねがい お願い むり 無理 やだ いやだ 嫌だ それ それで それでいい これ これで これでいい オッケー オーケー だいじょうぶ
ただしい 正しい 合ってる あってる 合ってます あってます まちがいない 間違いない かえる 変える 変更する 登録済み
skip next nothing why later correct right same-name sure okay please unknown anonymous
"""
_NOT_A_NAME = frozenset(fold(word) for word in _WORDS.split())
#: Ends of sentences that also end names in kana (ヤマシタ, トーマス, タカラ): only where a kanji stands before.
_SENTENCE = re.compile(
    "(?:ません|ました|ます|でした|ですか|ください|下さい|したい|けど|から|ないです|ないよ|へん|だった|ない|たい|って|のまま|の人|ので"
    "|くの|[?？])$"
    f"|[{KANJI}]った|(?:通り|とおり|どおり)$|旧字|新字|はしご|立つ?崎|たつさき|漢字|の方|ほう[のが]"
    "| と |と同じ|のまま[でに]"
    "|聞[いかくけ]|変わ|変更|教え|待って|係の|旧姓|電話|一緒|前回|今まで|以前|戻[っらりるし]|分から|結婚|離婚|名前|苗字|名字|本人"
    "|誰|登録|届[けい]|書い|調べ|知って|無理|同様|担当者|係員|につな|に代わ|屋号|^(?:代表|社長|店長|世帯主|夫|妻|父|母|息子|娘|主人|家内|兄|弟|姉|妹)の"
    f"|[{KANJI}]は[{KANJI}]|[{KANJI}]{{3}}と[{KANJI}]{{2}}|[{KANJI}]から[{KANJI}]|^[{KANJI}]{{2,}}の[{KANJI}]$"
    f"|[{KANJI}](?:(?:な?ん?だ|や|です)(?:けど|が)|だ|じゃ|どす|でっせ|っす|になった|になる|にした|w+)$"
    f"|^もし[{KANJI}]|^(?:母|父|夫|妻|姉|兄|弟|妹|息子|娘|主人)[がはも][{KANJI}]|[{KANJI}]{{2}}の[{KANJI}]{{3,}}$"
    f"|[{KANJI}]{{3,}} [男女]$|^[{KANJI}]{{2,3}}[都道府県](?:[{KANJI}ァ-ヺぁ-ゖ]+[市区町村].*)?$"
)
#: In kana alone: what surely is no name.
_SENTENCE_IN_KANA = re.compile(
    "^(?:もし(?=[ぁ-ゖ]{4})|いまのまま|いままで|なんで|どうして|なぜ|そのまま|おなじ|まえと|かわら|かわっ|かわり(?:ま|な)|わから|おしえ|ちょっとま)"
    "|^(?:あとで|後で)|(?:ません|ないです|ですか|ください|でした|いらない|りました|えました|たくない|[りしきいちみ]ます|[?？])$"
    # 貞代 and 忠代 are names that end like a sentence.
    "|(?:のまま|になった|とおなじ|でしょう?|のとおり|どおり|だけど|やけど|どす|ですが|でっせ)$"
    "|(?:[でゃ]はない|じゃない|じゃなか|(?<=[ぁ-ゖ])やない|やあらへん|やおまへん|(?<=[ぁ-ゖ])ちゃう(?:で|ねん|わ)|とちゃう|じゃね(?:え|ー)よ?|でない"
    "|だった|やった|(?:だっ|で)たけど|なりたい|はずがない|わけ(?:で[は]?)?ない|かも(?:しれない)?|でしょうか|だっけ|ないで|なかった|ないんです)$"
    "|(?<![さた])だよ$|(?:やで|だね|ですわ|やねん)$"
)
_SENTENCE_IN_LATIN = re.compile(
    r"^(?:as|who|yes|no) |\b(?:changed|my name|registered|call me|same name|same as|the same|no change|not changed?)\b"
    r"|\b(?:unchanged|no name|don'?t|do not|why do|what is|is my)\b",
    re.IGNORECASE,
)
#: 〇〇 stands for a name that is not said, wwwww for a laugh.
_NO_WORD = re.compile(r"〇〇|([A-Za-zぁ-ゖァ-ヺ])\1\1\1|^([A-Za-zぁ-ゖァ-ヺ])\2\2+$")
#: In hiragana only: ボルジャ is a name.
_DIALECT = re.compile("[ぁ-ゖー ]+じゃ")
_LONGEST_SHORT_NAME = 2
_ALL_KANJI, _ALL_KANA = re.compile(f"[{KANJI}]+"), re.compile("[ぁ-ゖァ-ヺー]+")


def is_not_a_name(typed: str) -> bool:
    """Whether ``typed`` is surely something else than a name or a reading."""
    if fold(typed) in _NOT_A_NAME or _NO_WORD.search(typed) or _DIALECT.fullmatch(typed):
        return True
    if _SENTENCE_IN_KANA.search(to_hiragana(typed)):
        return True
    if _SENTENCE_IN_LATIN.search(typed) or ENGLISH_SENTENCE.search(typed):
        return True
    return re.search(f"[{KANJI}]", typed) is not None and _SENTENCE.search(typed) is not None


def holds_its_reading(typed: str) -> bool:
    """Whether a name is followed by its reading: 山田 太郎 ヤマダ タロウ, 山田太郎 ヤマダタロウ."""
    words = typed.split()
    kanji = list(takewhile(_ALL_KANJI.fullmatch, words))
    kana = words[len(kanji) :]
    if not kanji or not kana or not all(map(_ALL_KANA.fullmatch, kana)):
        return False
    # 李 りょう is a whole name, though りょう begins like the reading of 李.
    spelled_out = len("".join(kanji)) > _LONGEST_SHORT_NAME and may_read(" ".join(kanji), "".join(kana))
    return (len(kanji) == len(kana) > 1) or spelled_out
