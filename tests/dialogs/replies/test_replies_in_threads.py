"""A threaded server calls every reader at once: the results are those of one caller alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

from dialogs.definition.yaml_format import load_shipped
from dialogs.replies import READERS
from dialogs.replies.base import ReplyContext
from dialogs.replies.choices import read_choice, read_choices

FORM = load_shipped("individual")
SATURDAY = ReplyContext(today=date(2026, 11, 28))

REPLIES = {
    "date": "昭和35年4月1日|来月末|平成31年5月1日|しょうわ35ねん4がつ1にち",
    "amount": "30万くらい|さんじゅうまん|10〜20万|3万5",
    "integer": "３人です|ふたり|3か4",
    "decimal": "三点五|3,5",
    "percentage": "2割5分|半分|0.25",
    "name": "髙橋 﨑子|同じです",
    "kana": "ﾀｶﾊｼ ｻｷｺ|山田",
    "postal_code": "〒100-0001|12345",
    "address": "東京都千代田区千代田1-1|北区王子1-1",
    "phone": "０９０－１２３４－５６７８|03-3456-7890 内線12|+1 212 736 5000",
    "email": "taro@example.com|taro@gmial.com",
    "country": "フィリピン|ちゅうごく|Korea",
    "residence_status": "技人国|特定技能1号|就労ビザ",
    "corporate_number": "T7000012050002|123",
    "residence_card": "ab12345678cd|A1",
    "yes_no": "うん|ないです|大丈夫です",
    "text": "食品の卸売|😀",
}
CHOICES = (
    ("occupation", "けいやくしゃいん|会社勤めです|会社"),
    ("monthly_amount", "月5万ちょい|40〜60万"),
    ("consent", "うん|だめ"),
)


def _read(asked: tuple[str, str]) -> object:
    name, text = asked
    if name in READERS:
        return READERS[name](text, SATURDAY)
    question = FORM.question(name)
    choices = FORM.choices[question.list_name or ""]
    if name == "purposes":
        return read_choices(text, choices, SATURDAY, "ja")
    return read_choice(text, choices, SATURDAY, "ja", kind=question.bot.kind)


def test_eight_threads_read_what_one_reads() -> None:
    several = (*REPLIES.items(), *CHOICES, ("purposes", "1と3|全部|ねんきん"))
    asked = [(name, text) for name, texts in several for text in texts.split("|")] * 30
    assert REPLIES.keys() == READERS.keys()
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(_read, asked))
    assert together == [_read(each) for each in asked]
