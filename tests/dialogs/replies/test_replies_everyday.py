"""Replies as they are typed on a phone: in kana, in dialect, with words around them; and what only looks clear."""

from __future__ import annotations

from datetime import date

import pytest

from dialogs.replies import READERS
from dialogs.replies.base import Parsed, Problem, ReplyContext

SATURDAY = ReplyContext(today=date(2026, 11, 28))

TAKEN: dict[str, dict[object, str]] = {
    "date": {
        "1960-04-01": (
            "しょうわ35年4月1日|ショウワ35ねん4がつ1にち|しょうわさんじゅうごねんしがつついたち|昭和35(1960)年4月1日|1960_04_01"
            "|1960年4月1日(金)|昭和35年4月1日生まれの66歳です|1960年4月1日😊|私は昭和35年4月1日生まれです"
        ),
        "2019-05-05": "れいわがんねんごがついつか|令和元年5月5日",
        "2028-03-31": "2028年3月末|令和10年3月末日|R10.3月末|2028年3月末まで|在留カードの有効期限は2028年3月31日",
        "1964-10-10": "昭和三九、一〇、一〇|しょうわ39ねん10がつ10か",
        "2028-02-29": "2028年2月末|在留期限 2028/2/29|2028年2月29日に切れます",
    },
    "amount": {
        300_000: (
            "さんじゅうまん|さんじゅうまんえん|サンジュウマンエン|30 man yen|300 thousand yen"
            "|(30万円)|税込30万円|給料30万"
            "|30万円ちょうど|30万円😅|だいたい30万ってとこ|30万円入ってます"
        ),
        35_000: "3万5千|3万5000|3万5000円",
        1_200: "せんにひゃくえん",
        250_000: "手取りで25万くらい|1回あたり25万円|税込で25万",
        100_000_005: "1億5円",
    },
    "integer": {
        12: "じゅうに|じゅうにかい|twelve|12ヵ国",
        3: "さんにん|3人だけ|三ヵ国|3人位|3 people|3人と思います",
        1: "おひとり|お一人です",
    },
    "decimal": {
        0.5: "ゼロ点五|.5|〇・五|れいてんご|レイテンゴ|コンマ五|2分の1",
        3.5: "さんてんご|三・五|３・５|3年半|三つ半|3と半分|three point five|3.5時間|平均して3.5です|さんてんごー",
        2.5: "two and a half|2.5ですかね",
    },
    "percentage": {25: "百分の二十五|2.5割|議決権の25%|a quarter", 100: "全部です|全株", 0: "ゼロ", 0.5: ".5%"},
    "yes_no": {
        True: (
            "あるばい|しとる|せやで|もちろんあります|年に1回あります|海外送金の予定はあります|する予定です|送金します|はぃ|〇|はい😊|🙆🏻‍♀️|はいお願いします|ほんまです|そっす|合っとる|持っちょる"
            "|確かにあります|一応はい|申請中です|手続き中です|今やってます"
        ),
        False: (
            "ないよー|なかばい|ねーよ|いえいえ|🙅‍♂️|やってねえ|使っとりゃせん|あてはまらんです|無かです|副業なし|全部違います|どれにも該当しません|ないべ|そういうのはありません"
            "|海外送金の予定はありません"
        ),
    },
    "phone": {
        "09012345678": (
            "自宅の電話は090-1234-5678です|携帯番号090・1234・5678"
            "|81-90-1234-5678|0081 90 1234 5678|010-81-90-1234-5678"
            "|(+81)90-1234-5678|090-1234-5678(携帯)"
            "|090-1234-5678にお電話ください|ゼロ九〇-1234-5678|my phone number is 090-1234-5678"
        ),
        "+12127365000": "010-1-212-736-5000",
    },
    "email": {
        "taro@example.com": (
            "taro @ example.com|taro@example。com|taroあっとexampleドットcom"
            "|taro at example dot com|my email is taro@example.com"
            "|taro@example.com.|taro@example.com宜しくお願いします"
        ),
        "taro@ymail.com": "taro@ymail.com",
    },
    "country": {
        "CHN": "ちゅうごく|中国の方|中国から来ました|I am Chinese|cn",
        "KOR": "かんこく|在日韓国人です|韓国のパスポートを持っています",
        "JPN": "にほんじん|日本だけです|日本(帰化)|私は日本人です|Japanese",
        "PHL": "フイリピン",
        "VNM": "Việt Nam",
        "CIV": "Côte d'Ivoire|cote d’ivoire",
        "SWE": "スウェーデン王国|Kingdom of Sweden|Swedish",
        "EGY": "エジプト・アラブ共和国",
        "IRL": "Republic of Ireland",
        "GIN": "ギニア共和国",
    },
    "residence_status": {
        "specified_skilled_worker": "特定技能一号|特定技能第2号|Specified Skilled Worker (ii)|SSW1|とくていぎのう",
        "highly_skilled_professional": "高度専門職1号ロ|HSP(i)(b)",
        "technical_intern": "技能実習2号ロ",
        "engineer_humanities_international": "技術、人文知識、国際業務"
        "|Engineer / Specialist in Humanities / International Services",
        "permanent_resident": "えいじゅう|永住権があります|在留カードに永住者と書いてあります",
        "designated_activities": "特定活動46号|ワーホリ",
    },
    "residence_card": {
        "AB12345678CD": "在留カードの番号は AB12345678CD です|(AB12345678CD)"
        "|AB・12345678・CD|AB一二三四五六七八CDと書いてあります|ABの1234の5678のCDです|エービー12345678シーディー|えーびー、12345678、しーでぃーです"
        "|AB12345678CD 有効期限は2030年5月1日|番号はAB12345678CDで、期限は2030年5月1日です"
        "|カードを見たらAB12345678CDでした|AB、12345678、CD"
        "|AB12345678CD valid until 2030/05/01|たぶんAB12345678CD|AB12345678CDのはずです"
    },
    "postal_code": {"1000001": "T100-0001|たぶん100-0001|100-0001かな"},
    "corporate_number": {
        "7000012050002": "当社の法人番号は7000012050002|7000012050002だと思います|インボイスはT7000012050002"
        "|7000/0120/50002"
    },
}
ASKED_BACK: dict[str, dict[str, str]] = {
    "date": {
        "mismatch": "1960年4月1日(木)|昭和35年4月1日生まれの70歳です|昭和35(1961)年4月1日",
        "era_over": "平成31年5月末|しょうわ100ねん1がつ1にち",
        "no_such_day": "2028年13月末",
        "unreadable": "昭和35年4月1日ごろ|たぶん昭和35年4月1日|たしか昭和35年4月1日|昭和35年4月1日か2日",
    },
    "amount": {
        "unit_missing": "3万5|一万二|1億5000|2千5",
        "range": "20万円代|30万円まで|数万円|数十万|10万台|最大30万|少なくとも30万円"
        "|30万か40万|20、30万|30万円を超える|30万いかない|under 300,000",
        "unreadable": "にさんまん|30万と5千",
    },
    "integer": {"unreadable": "にさんにん|3か4|数人|7kg", "fraction": "二人半"},
    "decimal": {"unreadable": "3分の1|3か3.5|2.5以上"},
    "postal_code": {"mismatch": "100-0001 大阪市北区", "no_such": "100-9999 大阪市北区"},
    "percentage": {"ambiguous": "0.25|〇・二五|.5", "unreadable": "5分|7対3|25%以上"},
    "yes_no": {
        "unreadable": "つまらん|決まらん|ほとんどありません|めったにない|あまりしません|私しか使っていません"
        "|ねえ|質問があります|ないけど|妻は使っています",
        "ambiguous": "要らない|大丈夫です😊|👍|間違いあらへん|間違ってません",
    },
    "phone": {
        "several": "090-1234-5678 03-3456-7890",
        "unreadable": "090-1234-5678でしたが変わりました|妻の090-1234-5678|090-1234-5678(妻)",
    },
    "email": {
        "domain": "taro@example.comでしたが変わりました|taro@gmial.com|taro@gmail.co|taro@yaho.co.jp|taro@docomo.ne.jo",
        "unreadable": "名@example.com",
    },
    "country": {
        "ambiguous": "コリア",
        "several": "アメリカと日本の二重国籍",
        "unknown": "旧ソ連|日本以外|アメリカではない",
    },
    "residence_status": {"ambiguous": "技能1号|working visa", "unknown": "永住申請中|永住者または定住者"},
    "residence_card": {
        "format": "期限は2030年5月1日|エー12345678シーディー|AB12345678CDだったけど新しくなりました|AB12345678CDかも",
        "look_alike": "AB1234567OCD|ABl2345678CD",
    },
}

CASES = [
    (kind, text, value)
    for kind, values in TAKEN.items()
    for value, texts in values.items()
    for text in texts.split("|")
]


@pytest.mark.parametrize(("kind", "text", "value"), CASES)
@pytest.mark.parametrize("locale", ["ja", "en"])
def test_taken_and_read_back(kind: str, text: str, value: object, locale: str) -> None:
    context = ReplyContext(today=SATURDAY.today, locale=locale)
    found = READERS[kind](text, context)
    assert isinstance(found, Parsed), found
    assert (found.value, type(found.value)) == (value, type(value))
    again = READERS[kind](found.display, context)
    assert isinstance(again, Parsed)
    assert again.value == found.value


@pytest.mark.parametrize(
    ("kind", "text", "code"),
    [
        (kind, text, f"{kind}.{reason}")
        for kind, reasons in ASKED_BACK.items()
        for reason, texts in reasons.items()
        for text in texts.split("|")
    ],
)
def test_asked_back(kind: str, text: str, code: str) -> None:
    found = READERS[kind](text, SATURDAY)
    assert isinstance(found, Problem), found
    assert found.code == code
