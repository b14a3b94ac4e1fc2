"""One clear choice is taken, several are offered, and nothing denied, doubted or asked is taken."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, strategies as st

from dialogs.definition.model import Choice
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.choices import Ambiguous, ParsedMany, read_choice, read_choices
from dialogs.replies.money import AmountRange, Period, read_amount_range

TODAY = ReplyContext(today=date(2026, 11, 23))


def _choice(name: str, ja: str, en: str = "", synonyms: str = "", button: str = "", **extra: str) -> Choice:
    label = {"ja": ja, **({"en": en} if en else {})}
    more = {"synonyms": synonyms, **{key.rstrip("_"): value for key, value in extra.items()}}
    return Choice(name=name, label=label, button={"ja": button} if button else {}, extra=more)


JOBS = (
    _choice("employee", "会社員・団体職員", "Company employee", "会社勤め|サラリーマン|OL"),
    _choice("officer", "会社役員", "Company officer", "社長"),
    _choice("public", "公務員", "Public official"),
    _choice("pensioner", "年金受給者", "Pensioner", "年金|年金暮らし"),
    _choice("retired", "退職・無職", "Retired", "退職しました"),
    _choice("part_time", "パート・アルバイト", "Part-time work", "バイト"),
    _choice("other", "その他", "Other"),
)
CHANGE = (_choice("unchanged", "変更なし"), _choice("changed", "変更あり"))
EXISTS = (_choice("yes", "あります"), _choice("no", "ありません"))
BANDS = (
    _choice("under_100k", "10万円未満", below="100000"),
    _choice("from_100k", "10万円から50万円未満", from_="100000", below="500000"),
    _choice("from_500k", "50万円から100万円まで", from_="500000", to="1000000"),
    _choice("over_1m", "100万円を超える", above="1000000"),
    _choice("refuse", "回答を控える", synonyms="答えたくない"),
)
PURPOSES = (
    _choice("salary", "給与受取", "Receiving salary", "給料|給与"),
    _choice("pension", "年金受取", "Receiving pension", "年金"),
    _choice("loan", "融資・ローン返済", "Loan repayment", "ローン"),
    _choice("savings", "貯蓄", "Savings", "貯金"),
    _choice("none", "特になし"),
)


def _outcome(text: str, choices: tuple[Choice, ...], kind: str | None = None) -> object:
    found = read_choice(text, choices, TODAY, "ja", kind=kind)
    if isinstance(found, Parsed):
        return found.value
    return set(found.candidates) if isinstance(found, Ambiguous) else found.code


@pytest.mark.parametrize(
    "text",
    [
        "2",
        "２",
        "②",
        "2番",
        "２番です",
        "二",
        "二番",
        "No.2",
        "(2)",
        "2つ目",
        "会社役員",
        "会社役員です",
        "社長",
        "Company officer",
        "company OFFICER",
    ],
)
def test_by_number_label_and_synonym(text: str) -> None:
    assert _outcome(text, JOBS) == "officer"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("会社員", "employee"),
        ("会社勤めです", "employee"),
        ("ﾊﾟｰﾄ", "part_time"),
        ("パートで働いています", "part_time"),
        ("年金暮らしです", "pensioner"),
        ("会社員ではなく公務員です", "public"),
        ("4 年金", "pensioner"),
        ("3 年金", {"public", "pensioner"}),
        ("1と3", {"employee", "public"}),
        ("退職して年金もらってます", {"pensioner", "retired"}),
        ("会社", {"employee", "officer"}),
        ("夫は会社員です", {"employee"}),
        ("たぶん会社員", {"employee"}),
        ("会社員かも", {"employee"}),
        ("会社ん員", {"employee", "officer"}),
        ("会社員ではない", "choice.negated"),
        ("会社員じゃないです", "choice.negated"),
        ("会社員ちゃう", "choice.negated"),
        ("会社員でした", "choice.negated"),
        ("元会社員", "choice.negated"),
        ("not a pensioner", "choice.negated"),
        ("会社員ですか", "choice.question"),
        ("公務員って何?", "choice.question"),
        ("8", "choice.out_of_range"),
        ("0", "choice.out_of_range"),
        ("わからない", "choice.unreadable"),
        ("もちろん", "choice.unreadable"),
        ("", "choice.empty"),
        ("1" * 501, "choice.too_long"),
    ],
)
def test_words(text: str, outcome: object) -> None:
    assert _outcome(text, JOBS) == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("変更ありません", "unchanged"),
        ("変更はないです", "unchanged"),
        ("なし", "unchanged"),
        ("変更あり", "changed"),
        ("変更があります", "changed"),
    ],
)
def test_opposites(text: str, outcome: str) -> None:
    assert _outcome(text, CHANGE) == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("はい", "yes"),
        ("1", "yes"),
        ("ないです", "no"),
        ("大丈夫です", "yes_no.ambiguous"),
        ("わからない", "choice.unreadable"),
    ],
)
def test_yes_no_lists(text: str, outcome: str) -> None:
    assert _outcome(text, EXISTS, "yes_no") == outcome


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("1", "amount.unit_missing"),
        ("５", "amount.unit_missing"),
        ("五", "amount.unit_missing"),
        ("5です", "amount.unit_missing"),
        ("50", "amount.unit_missing"),
        ("1、3", "amount.unreadable"),
        ("③", "from_500k"),
        ("3番", "from_500k"),
        ("5万", "under_100k"),
        ("50000", "under_100k"),
        ("30万くらい", "from_100k"),
        ("10万", "from_100k"),
        ("10万弱", "under_100k"),
        ("50万円", "from_500k"),
        ("100万", "from_500k"),
        ("100万超", "over_1m"),
        ("10〜20万", "from_100k"),
        ("40〜60万", {"from_100k", "from_500k"}),
        ("100万以上", {"from_500k", "over_1m"}),
        ("9万ちょい", {"under_100k", "from_100k"}),
        ("月5万ちょい", "under_100k"),
        ("10万円未満", "under_100k"),
        ("10万円から50万円未満", "from_100k"),
        ("30", "amount.unit_missing"),
        ("年120万", "amount.period"),
        ("わからない", "amount.unreadable"),
        ("回答を控える", "refuse"),
        ("答えたくない", "refuse"),
        ("⑤", "refuse"),
    ],
)
def test_bands(text: str, outcome: object) -> None:
    assert _outcome(text, BANDS, "amount") == outcome


def test_an_amount_outside_every_band() -> None:
    assert _outcome("5万", BANDS[1:3], "amount") == "amount.outside"


def test_the_period_of_the_bands_is_respected() -> None:
    yearly = (
        _choice("low", "200万円未満", below="2000000", period="year"),
        _choice("high", "200万円以上", from_="2000000", period="year"),
    )
    assert _outcome("月30万", yearly, "amount") == "amount.period"
    assert _outcome("年収300万", yearly, "amount") == "high"


@given(yen=st.integers(1000, 2_000_000))
def test_a_single_amount_falls_into_exactly_its_band(yen: int) -> None:
    expected = (
        "under_100k"
        if yen < 100_000
        else "from_100k"
        if yen < 500_000
        else "from_500k"
        if yen <= 1_000_000
        else "over_1m"
    )
    assert _outcome(f"{yen}円", BANDS, "amount") == expected


@given(low=st.integers(1000, 2_000_000), width=st.integers(1, 1_000_000))
def test_a_range_is_taken_only_as_a_whole(low: int, width: int) -> None:
    ends = {_outcome(f"{end}円", BANDS, "amount") for end in (low, low + width)}
    outcome = _outcome(f"{low}円〜{low + width}円", BANDS, "amount")
    assert outcome == ends.pop() if len(ends) == 1 else isinstance(outcome, set) and ends <= outcome


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("10〜20万", 100_000, 200_000),
        ("10万から20万くらい", 100_000, 200_000),
        ("2、3万", 20_000, 30_000),
        ("30万以上", 300_000, None),
        ("100万円未満", None, 999_999),
        ("10万円以上20万円未満", 100_000, 199_999),
        ("5000〜1万", 5000, 10_000),
        ("1〜1.5億", 100_000_000, 150_000_000),
        ("30万", 300_000, 300_000),
    ],
)
def test_ranges(text: str, low: int | None, high: int | None) -> None:
    assert read_amount_range(text, TODAY) == AmountRange(low=low, high=high, period=Period.UNSAID)


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("1,3", ("salary", "loan")),
        ("1と3", ("salary", "loan")),
        ("１、３", ("salary", "loan")),
        ("①③", ("salary", "loan")),
        ("3 1", ("salary", "loan")),
        ("1から3", ("salary", "pension", "loan")),
        ("1と3、以上です", ("salary", "loan")),
        ("給与受取、年金受取", ("salary", "pension")),
        ("給料と年金", ("salary", "pension")),
        ("融資・ローン返済と貯蓄", ("loan", "savings")),
        ("年金ではなく給与", ("salary",)),
        ("全部", ("salary", "pension", "loan", "savings")),
        ("2以外全部", ("salary", "loan", "savings")),
        ("1番、貯金", ("salary", "savings")),
        ("1-3", {"salary", "pension", "loan"}),
        ("給与とピアノ", {"salary"}),
        ("13", "choice.separate"),
        ("1,9", "choice.out_of_range"),
        ("7から9", "choice.out_of_range"),
        ("わからない", "choice.unreadable"),
        ("犬と猫", "choice.partly_unreadable"),
        ("給与ですか", "choice.question"),
    ],
)
def test_several(text: str, outcome: object) -> None:
    found = read_choices(text, PURPOSES, TODAY, "ja")
    read = (
        found.values
        if isinstance(found, ParsedMany)
        else set(found.candidates)
        if isinstance(found, Ambiguous)
        else found.code
    )
    assert read == outcome


@given(st.sets(st.sampled_from([choice.name for choice in PURPOSES]), min_size=1), st.sampled_from(["ja", "en"]))
def test_several_read_back_from_their_display(names: set[str], locale: str) -> None:
    context = ReplyContext(today=TODAY.today, locale=locale)
    numbers = [str(index + 1) for index, choice in enumerate(PURPOSES) if choice.name in names]
    found = read_choices("、".join(numbers), PURPOSES, context, "ja")
    assert isinstance(found, ParsedMany)
    assert set(found.values) == names
    assert read_choices(found.display, PURPOSES, context, "ja") == found


@pytest.mark.parametrize("choices", [JOBS, CHANGE, EXISTS, BANDS, PURPOSES])
@pytest.mark.parametrize("kind", [None, "amount", "yes_no"])
def test_every_label_is_its_own_choice(choices: tuple[Choice, ...], kind: str | None) -> None:
    for number, choice in enumerate(choices, start=1):
        # A bare number is an amount where one is asked for.
        place = f"{number}番" if kind == "amount" else str(number)
        for text in (*choice.label.values(), place):
            assert _outcome(text, choices, kind) == choice.name


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for kind in (None, "amount", "yes_no"):
        for choices in (JOBS, BANDS, EXISTS):
            assert isinstance(read_choice(text, choices, TODAY, "ja", kind=kind), Parsed | Ambiguous | Problem)
    assert isinstance(read_choices(text, PURPOSES, TODAY, "ja"), ParsedMany | Ambiguous | Problem)
