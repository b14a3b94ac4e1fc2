"""Names of people and companies, their readings, and the ways in which both are written."""

from __future__ import annotations

import unicodedata
from random import Random


def listed(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    return tuple((pair.split()[0], pair.split()[1]) for pair in text.split(","))


SURNAMES = _pairs(
    "佐藤 サトウ,鈴木 スズキ,高橋 タカハシ,田中 タナカ,伊藤 イトウ,渡辺 ワタナベ,山本 ヤマモト,中村 ナカムラ,"
    "小林 コバヤシ,加藤 カトウ,吉田 ヨシダ,山田 ヤマダ,佐々木 ササキ,山口 ヤマグチ,松本 マツモト,"
    "井上 イノウエ,木村 キムラ,林 ハヤシ,斎藤 サイトウ,清水 シミズ,山崎 ヤマザキ,森 モリ,池田 イケダ,"
    "橋本 ハシモト,阿部 アベ,石川 イシカワ,小川 オガワ,前田 マエダ,岡田 オカダ,長谷川 ハセガワ,藤田 フジタ,"
    "後藤 ゴトウ,近藤 コンドウ,村上 ムラカミ,遠藤 エンドウ,青木 アオキ,坂本 サカモト,福田 フクダ,太田 オオタ,"
    "西村 ニシムラ,藤井 フジイ,金子 カネコ,岡本 オカモト,中野 ナカノ,三浦 ミウラ,原田 ハラダ,松田 マツダ,"
    "竹内 タケウチ,小野 オノ,中山 ナカヤマ,石井 イシイ,宮崎 ミヤザキ,大塚 オオツカ,浜田 ハマダ,広瀬 ヒロセ,"
    "沢田 サワダ,桜井 サクライ,渋谷 シブヤ,島田 シマダ,富田 トミタ,国分 コクブ,関口 セキグチ,滝沢 タキザワ,"
    "辻 ツジ,葛西 カサイ,神谷 カミヤ,久保 クボ,増田 マスダ,千葉 チバ,岩崎 イワサキ,水野 ミズノ,服部 ハットリ,"
    "京極 キョウゴク,五十嵐 イガラシ"
)
GIVEN = _pairs(
    "太郎 タロウ,一郎 イチロウ,健一 ケンイチ,翔太 ショウタ,大輔 ダイスケ,浩二 コウジ,誠 マコト,正雄 マサオ,"
    "修 オサム,和也 カズヤ,直樹 ナオキ,博 ヒロシ,隆 タカシ,勇気 ユウキ,恵子 ケイコ,陽子 ヨウコ,裕子 ユウコ,"
    "真由美 マユミ,久美子 クミコ,京子 キョウコ,幸子 サチコ,美咲 ミサキ,由美 ユミ,さくら サクラ,花子 ハナコ,"
    "千鶴 チヅル,涼子 リョウコ,淳 ジュン,慎吾 シンゴ,祥太 ショウタ,真一 シンイチ,徳子 ノリコ,百合子 ユリコ"
)
#: Given names that sound alike and are other people's.
HOMOPHONES = (
    ("裕子", "祐子"),
    ("浩二", "孝二"),
    ("直樹", "尚樹"),
    ("健一", "賢一"),
    ("恵子", "慶子"),
    ("和也", "一也"),
)
#: Drawings of one character that the family register joins.
DRAWINGS = {
    **{
        "高": "髙",
        "辺": "邊邉",
        "崎": "﨑",
        "沢": "澤",
        "浜": "濱濵",
        "広": "廣",
        "桜": "櫻",
        "渋": "澁",
        "島": "嶋嶌",
    },
    **{"富": "冨", "国": "國", "関": "關", "滝": "瀧", "吉": "𠮷", "斎": "齋", "真": "眞", "恵": "惠", "徳": "德"},
    **{"瀬": "瀨", "辻": "辻\U000e0100", "葛": "葛\U000e0100", "涼": "凉", "増": "增", "塚": "\ufa10", "神": "\ufa19"},
}
#: Of these one is only another code of the same character.
TWINS = {"\ufa10", "\ufa19"}

COMPANIES = listed(
    "青葉商店,みどり産業,東海精機,ヤマト運輸機,北斗電子,サンライズ企画,大和建設,三栄印刷,山手製作所,"
    "日の出食品,フジ・テック,アルファ・システム,さくら会計,NEO Works,K&Sパートナーズ,富士見工務店,"
    "ひまわり薬局,第一交通"
)
FORMS = {"株式会社": ("(株)", "㈱", "（株）"), "有限会社": ("(有)", "㈲", "（有）"), "合同会社": ("(同)", "（同）")}

_SMALL = str.maketrans("ァィゥェォッャュョ", "アイウエオツヤユヨ")


def name(rng: Random) -> tuple[str, str, str, str]:
    """Surname, its reading, given name, its reading."""
    (family, family_kana), (given, given_kana) = rng.choice(SURNAMES), rng.choice(GIVEN)
    return family, family_kana, given, given_kana


def spaced(rng: Random, *parts: str) -> str:
    return rng.choice(("", " ", "　", "  ")).join(parts)


def half(text: str) -> str:
    """Katakana in half width."""
    out = []
    for mark in text:
        apart = unicodedata.normalize("NFD", mark)
        out.append("".join(_HALF.get(one, one) for one in apart))
    return "".join(out)


_HALF = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0xFF61, 0xFFA0)}
_HALF |= {"\u3099": "ﾞ", "\u309a": "ﾟ", "ー": "ｰ", "　": " "}


def hiragana(text: str) -> str:
    return "".join(chr(ord(mark) - 0x60) if "ァ" <= mark <= "ヶ" else mark for mark in text)


def transfer(text: str) -> str:
    """As a transfer file writes a reading: half width, no small kana, a hyphen for the long mark."""
    return half(text.translate(_SMALL)).replace("ｰ", "-")


def wide(text: str) -> str:
    return "".join(chr(ord(mark) + 0xFEE0) if "!" <= mark <= "~" else mark for mark in text)


def company(rng: Random) -> tuple[str, str, bool]:
    """Name, form, and whether the form stands in front."""
    return rng.choice(COMPANIES), rng.choice(tuple(FORMS)), rng.random() < 0.7


def company_written(rng: Random, what: tuple[str, str, bool]) -> str:
    stem, form, front = what
    form = rng.choice((form, form, *FORMS[form]))
    stem = rng.choice((stem, stem, stem.replace("・", ""), half(stem), wide(stem)))
    gap = rng.choice(("", "", " ", "　"))
    return form + gap + stem if front else stem + gap + form
