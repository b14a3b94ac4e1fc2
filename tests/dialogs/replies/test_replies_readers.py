"""What each reader takes, and the exact reason why it does not."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

TODAY = ReplyContext(today=date(2026, 11, 23))

TAKEN: dict[str, dict[object, str]] = {
    "date": {
        "2025-03-01": (
            "R7.3.1|㋿7年3月1日|令和七年三月一日|20250301|２０２５／０３／０１|2025.3.1|2025 3 1|令 7. 3. 1|"
            "2025年3月1日(土)|1 Mar 2025"
        ),
        "1960-04-01": (
            "昭35・4・1|S35.4.1|昭和35年4月1日です|昭和三十五年四月一日生まれです|s350401|"
            "一九六〇年四月一日|1960年(昭和35年)4月1日"
        ),
        "2019-05-01": "令和元年5月1日|R1/5/1|令和1年5月1日",
        "2019-04-30": "平成31年4月30日|H31.4.30",
        "1989-01-07": "昭和64年1月7日",
        "1912-07-30": "大正元年7月30日|明治45年7月30日",
        "2026-11-23": "今日|本日です|きょう",
        "2026-11-22": "昨日",
        "2026-11-24": "明日",
        "2026-12-31": "来月末|今年の12月31日|今年末",
        "2026-12-15": "来月15日",
        "1964-12-25": "25/12/1964",
    },
    "amount": {
        300_000: (
            "30万くらい|30万円|約30万円です|三十万|300000|300,000円|金30万円也|30マン|ひと月30万円ほどです|30 万円"
        ),
        3_500_000: "三百五十万円|3,500,000|3.5百万円",
        150_000_000: "1.5億|1億5千万円",
        2_000_000: "2,000千円|2 million yen|弐百万円",
        0: "0円|ゼロ円",
        5_000: "5千円|¥5000|５０００",
    },
    "integer": {3: "3|３人|三|3人です|みっつ", 12: "十二回です|12", 1: "ひとり|一人|one", -5: "-5"},
    "decimal": {3.5: "3.5|三点五|３．５", 3.0: "3"},
    "percentage": {25: "25%|２５％|25|2割5分|四分の一", 50: "半分|五割|50パーセント", 33.33: "1/3", 0.5: "0.5%"},
    "name": {
        "山田 太郎": "山田 太郎|山田　太郎です|名前は山田 太郎と申します",
        "髙橋﨑": "髙橋﨑",
        "葛\U000e0100城": "葛\U000e0100城",
        "John Smith": "Ｊｏｈｎ　Ｓｍｉｔｈ|My name is John Smith",
        "株式会社山田商店": "㈱山田商店|(株)山田商店",
        "やまだ たろう": "やまだ たろう",
    },
    "kana": {
        "ヤマシタ": "やました|ﾔﾏｼﾀ",
        "トーマス フェルナンデス": "トーマス フェルナンデス",
        "オクノ タイ": "オクノ　タイ",
        "ヤマダ タロウ": "ﾔﾏﾀﾞ ﾀﾛｳ|やまだ　たろう|ヤマダ タロウです",
        "オーノ": "ｵ-ﾉ",
        "マリア・サントス": "マリア･サントス",
    },
    "postal_code": {"1000001": "〒１００－０００１|100 0001|1000001です|一〇〇の〇〇〇一|郵便番号は100-0001です"},
    "address": {
        "東京都千代田区千代田1-1": (
            "〒100-0001 東京都千代田区千代田１−１|東京千代田区千代田1ー1|千代田区千代田1-1です|"
            "東京都 千代田区 千代田 1-1"
        ),
        "神奈川県横浜市西区みなとみらい3-1": "横浜市西区みなとみらい３ー１",
        "長崎県長崎市桜町1番1号": "長崎市桜町1番1号",
        "北海道札幌市北区北七条西一丁目": "北海道札幌市北区北七条西一丁目",
        "1-1 Chiyoda, Chiyoda-ku, Tokyo": "1-1 Chiyoda, Chiyoda-ku, Tokyo",
    },
    "phone": {
        "09012345678": (
            "090-1234-5678|０９０ー１２３４ー５６７８|〇九〇の一二三四の五六七八|+81-(0)90-1234-5678|"
            "090〜1234〜5678|携帯は09012345678です"
        ),
        "0312345678": "03(1234)5678|03-1234-5678 内線12|+81 3 1234 5678",
        "06012345678": "060-1234-5678",
        "05012345678": "050-1234-5678",
        "+12127365000": "+1 212 736 5000",
    },
    "email": {
        "taro@example.com": "taro@EXAMPLE.com|taro＠example．com|メールはtaro@example.comです",
        "a..b.@docomo.ne.jp": "a..b.@docomo.ne.jp",
    },
    "country": {
        "JPN": "日本|にほん|日本人|JP|Japan",
        "USA": "アメリカ|米国|US|usa|United States",
        "KOR": "韓国|大韓民国|韓国籍|South Korea",
        "CHN": "中国|中国人です|中華人民共和国|China",
        "TWN": "台湾|Taiwan",
        "PHL": "フィリピン|ﾌｨﾘﾋﾟﾝ|PHL|the Philippines",
        "THA": "タイ",
    },
    "residence_status": {
        "permanent_resident": "永住者|永住|Permanent Resident",
        "engineer_humanities_international": "技人国|技術・人文知識・国際業務",
        "student": "留学|留学生です|留学ビザ",
    },
    "corporate_number": {
        "7000012050002": "7000012050002|T7000012050002|７０００－０１２０－５０００２|法人番号は7000012050002です"
    },
    "residence_card": {"AB12345678CD": "AB12345678CD|ab 12345678 cd|ＡＢ１２３４５６７８ＣＤ"},
    "yes_no": {
        True: (
            "はい|ハイ|うん|はい。|そうです|ok|了解|あります|間違いありません|はい、大丈夫です|"
            "はい、昨年からです|せやで|Yes, I do|○"
        ),
        False: (
            "いいえ|ないです|ありません|変わってへん|変わってない|特にないです|違いますよ|なし|ううん|NO|"
            "海外には送りません|いいえ、結構です|あらへんわ"
        ),
    },
    "text": {"食品　の卸売": "  食品　の卸売 "},
}
REFUSED: dict[str, dict[str, str]] = {
    "date": {
        "no_such_day": "2024年2月30日|2024-13-01|2023/2/29|昭和39年11月31日|令和0年1月1日",
        "era_over": "平成31年5月1日|昭和100年1月1日|昭和64年1月8日|平成40年1月1日",
        "era_not_begun": "令和1年4月30日|平成元年1月7日",
        "year_ambiguous": "64/10/10|391010|39.10.10",
        "incomplete": "10月10日|昭和39年|1964年10月",
        "order_ambiguous": "10/12/1964",
        "mismatch": "1964年10月10日(昭和38年)",
        "before_calendar": "明治5年1月1日",
        "year_out_of_range": "1600年1月1日",
        "unreadable": "わからない|1964年10月10日か11日|1964月10年10",
        "empty": "|　",
        "too_long": "1" * 501,
    },
    "amount": {
        "range": "10〜20万|30万以上|100万円未満|30万弱|数万",
        "currency": "100ドル|$500",
        "negative": "-5000",
        "fraction": "1.5円",
        "unit_missing": "30|三百",
        "period": "年120万|毎週5万|月収30万",
        "too_large": "99999999999999",
        "unreadable": "1,00円|なし|二三万|2,30万|100円玉",
    },
    "integer": {"fraction": "3.5", "unreadable": "abc|3か4|二三人"},
    "decimal": {"unreadable": "3,5"},
    "percentage": {"over": "120%", "ambiguous": "0.25", "negative": "-3%", "unreadable": "たくさん"},
    "name": {
        "not_a_name": (
            "同じです|変わりません|わからない|はい|そのままで|前と一緒|旧姓は田中です|なんで聞くの|教えたくない|係の人"
        ),
        "bad_character": "123|山田😀太郎",
        "gaiji": "山\ue000",
        "too_long": "山" * 61,
    },
    "kana": {"not_kana": "山田|ヤマダ123", "not_a_name": "なし"},
    "postal_code": {"digits": "100-001|10000011", "no_such": "000-0001", "unreadable": "abc"},
    "address": {
        "no_prefecture": "北区王子1-1",
        "not_an_address": "変わりません",
        "no_municipality": "東京都",
        "no_number": "東京都千代田区|新宿区に引っ越しました",
        "prefecture_mismatch": "東京都横浜市西区1-1",
        "bad_character": "東京都千代田区千代田1-1★",
    },
    "phone": {
        "letters": "O90-1234-5678",
        "digits": "090-1234-567|12345|110",
        "no_such_number": "020-4123-4567",
        "several": "090-1234-5678か03-1234-5678",
        "unreadable": "なし",
    },
    "email": {
        "no_at": "taro.example.com",
        "domain": "taro@example|taro@gmail.con",
        "several": "a@b@c.jp",
        "spaces": "ta ro@example.com",
        "unreadable": "太郎@example.com",
    },
    "country": {
        "ambiguous": "コンゴ|Korea|朝鮮",
        "several": "中国とベトナム",
        "unknown": "no|NO|in",
        "stateless": "無国籍|stateless",
    },
    "residence_status": {"ambiguous": "配偶者ビザ|就労ビザ", "unknown": "わからない"},
    "corporate_number": {"check_digit": "7000012050003|0000000000000", "digits": "123", "unreadable": "会社"},
    "residence_card": {
        "format": "在留カード",
        "digits": "AB1234567CD",
        "length": "A12345678CD",
        "look_alike": "AB1234567OCD",
    },
    "yes_no": {
        "ambiguous": (
            "特に問題ないです|違わない|大丈夫です|いいです|結構です|はい、ありません|問題ないです|はいありません"
        ),
        "unreadable": (
            "ほかの人は使っていません|I do not know|not sure|no idea|わかりません|ありますか|ないわけではない|"
            "すみません|前はありました|うーん|かもしれません|1|"
            "あとで|できません"
        ),
    },
    "text": {"empty": "😀|。。。"},
}

TAKEN_CASES = [
    (kind, typed, value)
    for kind, values in TAKEN.items()
    for value, texts in values.items()
    for typed in texts.split("|")
]
REFUSED_CASES = [
    (kind, typed, f"{kind}.{reason}")
    for kind, reasons in REFUSED.items()
    for reason, texts in reasons.items()
    for typed in texts.split("|")
]


@pytest.mark.parametrize(("kind", "typed", "value"), TAKEN_CASES)
def test_taken(kind: str, typed: str, value: object) -> None:
    found = READERS[kind](typed, TODAY)
    assert isinstance(found, Parsed), found
    assert found.value == value
    assert type(found.value) is type(value)


@pytest.mark.parametrize(("kind", "typed", "value"), TAKEN_CASES)
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_every_value_reads_back_from_its_own_display(kind: str, typed: str, value: object, locale: str) -> None:
    context = ReplyContext(today=TODAY.today, locale=locale)
    found = READERS[kind](typed, context)
    assert isinstance(found, Parsed)
    again = READERS[kind](found.display, context)
    assert isinstance(again, Parsed), again
    assert (again.value, again.display) == (found.value, found.display)


@pytest.mark.parametrize(("kind", "typed", "code"), REFUSED_CASES)
def test_refused(kind: str, typed: str, code: str) -> None:
    found = READERS[kind](typed, TODAY)
    assert isinstance(found, Problem)
    assert found.code == code


def test_the_right_year_is_named() -> None:
    found = READERS["date"]("昭和100年1月1日", TODAY)
    assert isinstance(found, Problem)
    assert found.params == {"era": "昭和", "right_year": "令和7年"}
    found = READERS["date"]("平成31年5月1日", ReplyContext(today=TODAY.today, locale="en"))
    assert isinstance(found, Problem)
    assert found.params == {"era": "Heisei", "right_year": "Reiwa 1"}


def test_both_calendars_are_read_back() -> None:
    found = READERS["date"]("S39.10.10", TODAY)
    assert isinstance(found, Parsed)
    assert found.display == "1964年10月10日(昭和39年)"


def test_no_value_stands_in_a_repr() -> None:
    found = READERS["name"]("山田 太郎", TODAY)
    assert "山田" not in repr(found)
