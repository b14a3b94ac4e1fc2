"""Secrets as people really tell them, and the ordinary words beside them that must never be withheld."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, example, given, settings, strategies as st

from dialogs.guard import SecretKind, find_secret
from dialogs.guard_digits import is_card_number, is_my_number
from dialogs.replies import READERS
from dialogs.replies.base import Parsed, ReplyContext

ROOT = Path(__file__).resolve().parents[2]
CODE_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
#: One writing per figure, each for the whole of a number.
WRITINGS = [
    list("0123456789"),
    list("０１２３４５６７８９"),
    list("〇一二三四五六七八九"),
    list("零壱弐参四五六七八九"),
    ["ぜろ", "いち", "に", "さん", "よん", "ご", "ろく", "なな", "はち", "きゅう"],
    ["ゼロ", "イチ", "ニ", "サン", "ヨン", "ゴ", "ロク", "ナナ", "ハチ", "キュウ"],
    ["ﾚｲ", "ｲﾁ", "ﾆｰ", "ｻﾝ", "ﾖﾝ", "ｺﾞｰ", "ﾛｸ", "ｼﾁ", "ﾊﾁ", "ｷｭｰ"],
    ["まる", "いち", "にー", "さん", "し", "ごー", "ろく", "しち", "はち", "く"],
    [" zero ", " one ", " two ", " three ", " four ", " five ", " six ", " seven ", " eight ", " nine "],
]
SEPARATOR = st.sampled_from(["", " ", "　", "・", "、", ".", "　 ", "\u200b", "_", "の"])


def _kind(text: str, expected: str | None = None) -> SecretKind | None:
    found = find_secret(text, expected=expected)
    return None if found is None else found.kind


def _write(digits: str, writing: list[str], separator: str) -> str:
    return separator.join(writing[int(digit)] for digit in digits)


@given(
    pin=st.text(alphabet="0123456789", min_size=4, max_size=6),
    writing=st.sampled_from(WRITINGS),
    separator=SEPARATOR,
    around=st.sampled_from(
        ["暗証番号 {}", "暗証番号は{}です", "ＰＩＮ：{}", "キャッシュカードのあんしょうばんごうは {}。"]
    ),
)
@example(pin="2222", writing=WRITINGS[4], separator="", around="暗証番号は{}です")
@settings(deadline=None)
def test_a_pin_is_found_however_it_is_written(pin: str, writing: list[str], separator: str, around: str) -> None:
    for expected in (None, "text", "date", "amount", "phone", "link_code"):
        assert _kind(around.format(_write(pin, writing, separator)), expected) is SecretKind.PIN


@given(
    code=st.text(alphabet="0123456789", min_size=3, max_size=4),
    writing=st.sampled_from(WRITINGS),
    separator=SEPARATOR,
    around=st.sampled_from(["セキュリティコード {}", "カードの裏の3桁は{}です", "CVV {}", "カードの裏面の番号は{}"]),
)
@settings(deadline=None)
def test_a_card_code_is_found_however_it_is_written(code: str, writing: list[str], separator: str, around: str) -> None:
    assert _kind(around.format(_write(code, writing, separator))) is SecretKind.CARD_NUMBER


@given(body=st.integers(10**14, 10**15 - 1), writing=st.sampled_from(WRITINGS), separator=SEPARATOR)
@example(body=555555555555444, writing=WRITINGS[4], separator="")
@settings(deadline=None)
def test_a_card_number_is_found_however_it_is_written(body: int, writing: list[str], separator: str) -> None:
    card = next(f"{body}{last}" for last in range(10) if is_card_number(f"{body}{last}"))
    for text in ("{}", "カード番号は{}です"):
        assert _kind(text.format(_write(card, writing, separator)), "date") is SecretKind.CARD_NUMBER


# Without け: 「4821 けた」 counts digits, as in 「4けたの暗証番号」.
@given(filler=st.text(alphabet="あいうえおかきこさすせそたとなまやらわをん、。", max_size=300))
@settings(deadline=None)
def test_a_pin_is_found_however_far_from_its_word(filler: str) -> None:
    assert _kind(f"暗証番号を{filler} 4821") is SecretKind.PIN
    assert _kind(f"4821 {filler}暗証番号") is SecretKind.PIN


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("暗証番号 いちにさんよん", "pin"),
        ("暗証番号は一二三四", "pin"),
        ("暗証番号は いち、に、さん、よん です", "pin"),
        ("暗証番号はいちにさんよんにしました", "pin"),
        ("暗証番号はイチニサンヨンゴロクにしています", "pin"),
        ("暗証番号は にーにーごーいち です", "pin"),
        ("暗唱番号は4821", "pin"),
        ("ピンは4821", "pin"),
        ("暗証番号を忘れないようにメモしていますが、その番号はたしか 1234 だったと思います", "pin"),
        ("4821です。長いこと使っているこの番号が、私の暗証番号です", "pin"),
        ("暗証番号は言いにくいのですが。\n実は\n4821", "pin"),
        ("my pin is 1234", "pin"),
        ("my pin is one two three four", "pin"),
        ("I wrote my PIN down so as not to forget it and I think it was 4821", "pin"),
        ("カードの裏の3桁は123", "card_number"),
        ("カード裏の数字 123", "card_number"),
        ("裏の三桁は一二三です", "card_number"),
        ("セキュリティコード 123", "card_number"),
        ("セキュリティーコードはいちにさん", "card_number"),
        ("CVV 123", "card_number"),
        ("cvc2: 1234", "card_number"),
        ("the security code on the back is 123", "card_number"),
        ("the three digits on the back of my card: 123", "card_number"),
        ("よんいちいちいち いちいちいちいち いちいちいちいち いちいちいちいち", "card_number"),
        ("四一一一 一一一一 一一一一 一一一一", "card_number"),
        ("security code: 482913", "one_time_code"),
        ("認証コードがショートメッセージで届いたのでお知らせしておきますね、482913", "one_time_code"),
        ("パスワードは さくらさくら", "password"),
        ("パスワードはさくらさくらです", "password"),
        ("パスワード さくらさくら", "password"),
        ("パスワード：さくら1234", "password"),
        ("パスワードは「さくら」です", "password"),
        ("パスワードは桜吹雪です", "password"),
        ("パスワードはサクラサクラにしました", "password"),
        ("ﾊﾟｽﾜｰﾄﾞは ｻｸﾗｻｸﾗ", "password"),
        ("合言葉は やまかわ", "password"),
        ("秘密の質問の答えは ポチたろう", "password"),
        ("パスは hoge1234", "password"),
        ("パス：hoge1234", "password"),
        ("password: sakura", "password"),
        ("my password's sakura", "password"),
        ("ログインパスはhoge1234", "password"),
        ("クレカの裏 123", "card_number"),
        ("The three digit number on the back: 123", "card_number"),
        ("暗証番号を電話帳にメモしていますが、その番号はたしか 1234 だったと思います", "pin"),
        ("my password is sakura", "password"),
    ],
)
def test_secrets_as_people_tell_them(text: str, kind: str) -> None:
    for expected in (None, "text", "link_code", "date"):
        assert _kind(text, expected) == kind


QUESTIONS_AND_REMARKS = """
暗証番号は必要ですか
暗証番号は何桁ですか
暗証番号は4桁ですか
暗証番号をここに入力しますか
暗証番号をいちいちご入力する必要はありますか
暗証番号はしばらく使っていません
暗証番号は12月15日に変えました
暗証番号を12/15に変えました
暗証番号は10:30から変えられますか
暗証番号は2024年3月1日に変えました
暗証番号は言いません。郵便番号は1000001です
暗証番号は言いません。住所は千代田区千代田1-1-1です
暗証番号を聞かれて不安です。引っ越し先は港区芝1-2-3です
暗証番号は聞かないでください。電話は03-1234-5678です
暗証番号は聞かないでください。年収は5000000です
電話番号の下4桁は5678ですが、暗証番号は聞かれませんか
照合番号は4821でした。暗証番号も聞かれますか
暗証番号を3回間違えて5000円おろせませんでした
パスワードを忘れたらどうすればいいですか
パスワードは必要ですか
パスワードはいりますか
パスワードはいらない？
パスワードは不要です
パスワードは秘密です
パスワードはひみつです
パスワードは教えません
パスワードはおしえない
パスワードは忘れました
パスワードはわすれた
パスワードはわかりません
パスワードはどこに入れますか
パスワードはなんですか
パスワードはまだです
パスワードはさっぱりです
パスワードはスマホです
パスワードは8文字以上ですか
パスワードは2024年に変えました
パスワード わすれた
パスワード 再設定
パスワード リセット
パスワードはさくらですか
パスワード・暗証番号・カード番号は、お聞きしません。
パスポートは持っていません
パスポートは TK1234567 です
パスは使えますか
バスは1234系統です
キャンパスは東京都文京区本郷7-3-1
合言葉はありますか
秘密の質問の答えを忘れました
セキュリティコードって何ですか
セキュリティコードは3桁ですか
セキュリティは大丈夫ですか
カードの裏の番号を聞かれますか
カードの裏の3桁は必要ですか
カードの裏に署名しました
在留カードの裏面の住所は1-2-3です
在留カードの裏に届出日が 2024.04.01 とあります
カード番号は必要ですか
認証コードは届きますか
ワンタイムパスワードは必要？
マイナンバーは必要ですか
マイナンバーカードの裏を送りますか
Do you need my PIN?
I forgot my pin in 2019
Is the security code needed?
My pin is not needed, is it? I live at 1200 Main Street
What is the password for?
password is not needed
My password is secret
""".strip().splitlines()

ANSWERS = """
はい
いいえ、変わりません
山田 太郎
ヤマダ　タロウ
佐藤一二三
にしごおり しんいち
1985年4月1日
昭和60年4月1日
S60.4.1
19850401
090-1234-5678
ぜろきゅうぜろ いちにさんよん ごろくななはち
03(1234)5678
〒100-0001
1000001
郵便番号は100-0001です
東京都千代田区千代田一丁目一番一号 コーポ桜1204
大阪府大阪市北区梅田3-1-3 ビル2501
300万円くらい
三百五十万円
月に10万から20万
1,234,567円
2000
会社員です
さんさん商事で働いています
いちご農園をしています
田中さんに090-1234-5678へかけてもらってください
法人番号は7000012050002です
T7000012050002
AB12345678CD
在留カードはAB12345678CDです
taro.yamada1985@example.com
K7M2P9QR4TXZ
k7m2-p9qr-4txz
照合番号は4821です
4821
あとで答えます
担当者と話したい
one moment please
I moved in March 2024 to 5-6-7 Ginza
""".strip().splitlines()


def test_there_are_enough_ordinary_words() -> None:
    assert len(list(filter(None, QUESTIONS_AND_REMARKS))) >= 60
    assert len(list(filter(None, ANSWERS))) >= 38


@pytest.mark.parametrize("text", [text for text in (*QUESTIONS_AND_REMARKS, *ANSWERS) if text])
def test_ordinary_words_are_not_withheld(text: str) -> None:
    for expected in (None, "text", "link_code", *READERS):
        assert _kind(text, expected) is None


@pytest.mark.parametrize("path", ["tests/dialogs/faq/questions_ja.yaml", "tests/dialogs/faq/fresh_ja.yaml"])
def test_no_question_of_the_faq_is_withheld(path: str) -> None:
    def texts(node: object) -> list[str]:
        if isinstance(node, str):
            return [node]
        children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
        return [text for child in children for text in texts(child)]

    asked = texts(yaml.safe_load((ROOT / path).read_text(encoding="utf-8")))
    assert len(asked) > 40
    assert [text for text in asked if _kind(text) is not None] == []


@given(code=st.text(alphabet=CODE_SIGNS, min_size=12, max_size=12), dashes=st.booleans())
@settings(deadline=None)
def test_a_link_code_is_no_secret(code: str, dashes: bool) -> None:
    # What these few look like cannot be told from the text; the code of a letter is known before the guard looks.
    assume(not any(name in code for name in ("CVC", "CVV", "CVN")) and not (code.isdigit() and is_my_number(code)))
    assert _kind("-".join((code[:4], code[4:8], code[8:])) if dashes else code, "link_code") is None


REPLIES = {
    "date": st.dates(min_value=date(1900, 1, 1), max_value=date(2025, 12, 31)).flatmap(
        lambda day: st.sampled_from([f"{day:%Y%m%d}", f"{day:%Y/%m/%d}", f"{day.year}年{day.month}月{day.day}日"])
    ),
    "phone": st.integers(10**7, 10**8 - 1).flatmap(
        lambda tail: st.sampled_from([f"090{tail:08}", f"080-{tail // 10**4:04}-{tail % 10**4:04}"])
    ),
    "postal_code": st.sampled_from([*range(1000001, 1000015), *range(5300001, 5300006), 600042, 9071801]).flatmap(
        lambda code: st.sampled_from([f"{code:07}", f"〒{code // 10**4:03}-{code % 10**4:04}"])
    ),
    "amount": st.integers(0, 10**13).flatmap(lambda sum_: st.sampled_from([str(sum_), f"{sum_:,}円", f"{sum_}万円"])),
    "integer": st.integers(0, 10**6).map(str),
    "residence_card": st.from_regex(r"[A-Z]{2}[0-9]{8}[A-Z]{2}", fullmatch=True),
    "address": st.tuples(st.integers(1, 9), st.integers(1, 99), st.integers(1, 99), st.integers(101, 2999)).map(
        lambda at: f"東京都千代田区千代田{at[0]}-{at[1]}-{at[2]} コーポ桜{at[3]}"
    ),
    "name": st.text(alphabet="山田佐藤一二三四五六七八九太郎子", min_size=2, max_size=3).map(
        lambda given: f"田中 {given}"
    ),
    "kana": st.lists(
        st.sampled_from(["イチ", "ニ", "サン", "シ", "ゴ", "ロク", "ナナ", "ハチ", "ク", "ロウ"]),
        min_size=1,
        max_size=5,
    ).map(lambda parts: "ヤマダ " + "".join(parts)),
}


@pytest.mark.parametrize("kind", REPLIES)
@given(data=st.data())
@settings(deadline=None)
def test_a_valid_reply_of_any_kind_is_no_secret(kind: str, data: st.DataObject) -> None:
    text = data.draw(REPLIES[kind])
    assume(isinstance(READERS[kind](text, ReplyContext(today=date(2026, 1, 1))), Parsed))
    assert _kind(text, kind) is None


@pytest.mark.parametrize(
    "piece",
    [
        "暗証番号",
        "暗証番号 1 ",
        "1",
        "1 ",
        "いち",
        "に",
        "にしごく",
        "パスワードは",
        "パスワード さくら",
        "pin 12 電話",
        "カードの裏",
        "one ",
    ],
)
def test_time_grows_with_the_length_only(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        times = []
        for _ in range(3):
            start = time.perf_counter()
            find_secret(text, expected=None)
            times.append(time.perf_counter() - start)
        return min(times)

    # Eight times the text: eight times the time, and not sixty-four.
    assert seconds(40_000) < 24 * seconds(5_000) + 0.05
