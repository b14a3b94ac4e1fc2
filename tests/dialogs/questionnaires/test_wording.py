"""What a customer of 75 reads: both languages, short, plain, calm, and within what a button shows."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from bot.channels.limits import LIMITS, grapheme_count
from dialogs.definition.model import Question, Questionnaire, QuestionType, Text
from dialogs.definition.yaml_format import load_shipped, shipped_names
from locales import VOICES

FORMS = [load_shipped(name) for name in shipped_names()]
#: Each question of each form on its own.
QUESTIONS = [pytest.param(one, id=f"{form.id}-{one.name}") for form in FORMS for one in form.questions]
ASKED = [pytest.param(one, id=f"{form.id}-{one.name}") for form in FORMS for one in form.questions if one.is_asked]
LANGUAGES = VOICES
BUTTON = min(limits.label for limits in LIMITS.values())

#: A definition is explained at length only to who said that he does not know.
EXPLAINED = frozenset({"pep_recheck", "owner_recheck"})

#: FAQ topics of the reference.
TOPICS = frozenset(f"F{number:02}" for number in range(1, 53))

#: Katakana that everybody knows, or that stands beside its plain words.
KNOWN_KATAKANA = frozenset(
    [
        "アプリ",
        "アメリカ",
        "アルバイト",
        "イラン",
        "カタカナ",
        "サービス",
        "ホームページ",
        "カード",
        "パスワード",
        "パート",
        "マイナンバー",
        "メール",
        "メールアドレス",
    ]
)


def texts_of(question: Question) -> Iterator[tuple[str, Text]]:
    bot = question.bot
    yield from (
        ("label", question.label),
        ("hint", question.hint),
        ("required_message", question.required_message),
        ("constraint_message", question.constraint_message),
        ("check_message", bot.check_message),
        ("button", bot.button),
        ("example", bot.example),
        ("why", bot.why),
    )


def asked(form: Questionnaire) -> list[Question]:
    return [question for question in form.questions if question.is_asked]


def notes(form: Questionnaire) -> list[Question]:
    return [question for question in form.questions if question.type is QuestionType.NOTE]


def wordings(form: Questionnaire, language: str) -> Iterator[tuple[str, str]]:
    """Every sentence-bearing text of the form, with where it stands."""
    for question in form.questions:
        for column, text in texts_of(question):
            if text and column not in ("button", "example"):
                yield f"{question.name}.{column}", text[language]


def choice_labels(form: Questionnaire, language: str) -> Iterator[tuple[str, str]]:
    for list_name, choices in form.choices.items():
        for choice in choices:
            yield f"{list_name}/{choice.name}", choice.label[language]
            if choice.button:
                yield f"{list_name}/{choice.name}.button", choice.button[language]


def test_the_form_is_the_one_that_is_promised(form: Questionnaire) -> None:
    assert (form.version, form.default_language) == ("2026.11", "ja")
    assert set(form.languages) == set(LANGUAGES)
    assert form.title.keys() == set(LANGUAGES)


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_text_is_there_in_every_voice(question: Question) -> None:
    for column, text in texts_of(question):
        assert not text or (set(text) == set(LANGUAGES) and all(text.values())), column
    if question.type is not QuestionType.CALCULATE:
        assert question.label
    for constrained, message in (
        (question.constraint, question.constraint_message),
        (question.bot.check, question.bot.check_message),
    ):
        assert (constrained is None) == (not message)


@pytest.mark.parametrize("question", ASKED)
def test_every_question_says_why_and_has_a_short_name_and_a_topic(question: Question) -> None:
    assert question.bot.why
    assert question.bot.button
    assert question.bot.faq in TOPICS
    assert grapheme_count(question.bot.button["ja"]) <= 12
    assert grapheme_count(question.bot.button["en"]) <= 20
    for why in question.bot.why.values():
        assert "\n" not in why
        assert len(re.sub(r"\([\u3041-\u3096]+\)", "", why)) <= 100


def test_short_names_are_told_apart(form: Questionnaire) -> None:
    for language in LANGUAGES:
        names = [question.bot.button[language] for question in asked(form)]
        assert len(names) == len(set(names))


def test_a_question_ends_with_the_question_and_is_one_sentence(form: Questionnaire) -> None:
    for question in asked(form):
        japanese, english = question.label["ja"], question.label["en"]
        assert japanese.endswith(("か。", "教えてください。", "お選びください。")), question.name
        assert japanese.count("。") == 1, question.name
        assert len(japanese) <= 45, question.name
        assert english.endswith("?") or question.name in EXPLAINED, question.name


def test_typed_questions_show_an_example(form: Questionnaire) -> None:
    for question in asked(form):
        if not question.is_select:
            assert question.bot.example, question.name


@pytest.mark.parametrize(("language", "longest"), [("ja", 60), ("en", 120)])
def test_sentences_are_short(form: Questionnaire, language: str, longest: int) -> None:
    for place, text in wordings(form, language):
        for sentence in re.split(r"(?<=[。.?!])\s*|\n", text):
            assert len(sentence) <= longest, f"{place}: {sentence}"


def test_bubbles_are_short(form: Questionnaire) -> None:
    for question in notes(form):
        assert question.label["ja"].count("。") <= 3
        assert len(question.label["ja"]) <= 120
    for question in asked(form):
        for column, text in texts_of(question):
            if text and question.name not in EXPLAINED:
                assert text["ja"].count("。") <= 2, f"{question.name}.{column}"


def test_japanese_is_polite(form: Questionnaire) -> None:
    for place, text in wordings(form, "ja"):
        for sentence in filter(None, re.split(r"(?<=。)|\n", text)):
            if not sentence.startswith("・"):
                assert re.search(r"(です|ます|ません|ください|ますか|ですか|ませんか|ました|でした)。$", sentence), (
                    f"{place}: {sentence}"
                )


def test_no_katakana_that_is_not_explained(form: Questionnaire) -> None:
    for place, text in wordings(form, "ja"):
        for word in re.findall(r"[ァ-ヴー]{3,}", text):
            assert word in KNOWN_KATAKANA, f"{place}: {word}"


@pytest.mark.parametrize(
    "word",
    [
        "至急",
        "本日中",
        "ただちに",
        "停止",
        "凍結",
        "疑い",
        "疑わしい",
        "無効",
        "エラー",
        "リスク",
        "格付",
        "義務",
        "罰",
    ],
)
def test_nothing_urges_accuses_or_gives_the_rating_away(form: Questionnaire, word: str) -> None:
    for _, text in (*wordings(form, "ja"), *choice_labels(form, "ja")):
        assert word not in text


@pytest.mark.parametrize(
    "word", ["urgent", "immediately", "suspicious", "suspected", "invalid", "risk", "rating", "error"]
)
def test_english_is_as_calm(form: Questionnaire, word: str) -> None:
    for _, text in (*wordings(form, "en"), *choice_labels(form, "en")):
        assert not re.search(rf"\b{word}", text.lower())


def test_no_text_names_a_bank_or_needs_a_placeholder(form: Questionnaire) -> None:
    for language in LANGUAGES:
        for place, text in (*wordings(form, language), *choice_labels(form, language)):
            assert "{" not in text, place


def test_sanctions_peps_and_declarations_are_said_to_be_asked_of_everyone(form: Questionnaire) -> None:
    for name in {"sanctioned", "foreign_pep", "large_cash", "remittance", "antisocial", "overseas_ties"} & set(
        form.by_name
    ):
        question = form.question(name)
        assert "皆さま" in question.bot.why["ja"] + question.hint.get("ja", ""), name
        assert "everyone" in question.bot.why["en"] + question.hint.get("en", ""), name


def test_the_notice_says_what_a_compliance_officer_wants_before_consent(form: Questionnaire) -> None:
    before = list(form.questions[: form.questions.index(form.question("consent"))])
    said = "".join(question.label["ja"] for question in before if question.type is QuestionType.NOTE)
    for word in (
        "犯罪収益移転防止法",
        "だけに使います",
        "LINE",
        "Telegram",
        "第三者",
        "暗証番号",
        "マイナンバー",
        "紙",
        "電話",
    ):
        assert word in said
    # With the question itself they must fit the platforms' messages per call.
    assert (
        len([question for question in before if question.type is QuestionType.NOTE]) < LIMITS["line"].messages_per_call
    )


def test_buttons_fit_both_platforms(form: Questionnaire) -> None:
    multiple = {q.list_name for q in form.questions if q.type is QuestionType.SELECT_MULTIPLE}
    for list_name, choices in form.choices.items():
        # A tick and a space stand before the choices of which several may be taken.
        room = BUTTON - 2 if list_name in multiple else BUTTON
        for choice in choices:
            for language in LANGUAGES:
                label = (choice.button or choice.label)[language]
                assert 0 < grapheme_count(label) <= room, f"{list_name}/{choice.name}: {label}"


def test_texts_fit_one_message(form: Questionnaire) -> None:
    room = min(limits.text for limits in LIMITS.values())
    for question in form.questions:
        for language in LANGUAGES:
            whole = "\n".join(text[language] for _, text in texts_of(question) if text)
            assert len(whole) * 2 < room


ECHOED = {
    "individual": {"name", "address", "phone", "email", "residence_expiry"},
    "corporate": {
        *("respondent_name", "name", "address", "office_address", "phone", "email", "representative_name"),
        *("representative_birth_date", "owner_name", "owner_birth_date", "owner_address"),
    },
}


def test_what_is_easily_mistyped_is_echoed(form: Questionnaire) -> None:
    assert {question.name for question in form.questions if question.bot.confirm} == ECHOED[form.id]


def test_nothing_secret_is_ever_asked(form: Questionnaire) -> None:
    secret = re.compile(
        "暗証番号|パスワード|カード番号|マイナンバー|口座番号|PIN|password|card number|account number", re.I
    )
    for place, text in (*wordings(form, "ja"), *wordings(form, "en")):
        if place != "intro_never.label":
            assert not secret.search(text), place
