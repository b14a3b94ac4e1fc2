"""Command words and the other ways of saying them, with what must not be taken for them."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from dialogs.conversation.command_courtesies import NO_COMMANDS
from dialogs.conversation.commands import LANGUAGES, Command, by_words, exact, wished
from dialogs.japanese import fold


def in_other_words(folded: str, locale: str) -> Command | None:
    """What grammar and words say, which are asked where the classifier hears nothing."""
    return wished(folded, locale) or by_words(folded, locale)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_has_words_in_every_language(language: str) -> None:
    text = (files("locales") / language / "commands.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, Loader=yaml.BaseLoader)
    for key in NO_COMMANDS:
        del data[key]
    assert set(data) == {command.value for command in Command}
    for name, words in data.items():
        assert set(words) - {"pairs"} == {"exact", "other", "unless", "as_question"}, name
        for word in words["exact"]:
            assert exact(fold(word), language) is Command(name), word
            assert exact(fold(word), "en" if language == "ja" else "ja") is Command(name), word


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("戻る", Command.BACK),
        ("もどる。", Command.BACK),
        ("／ＢＡＣＫ", Command.BACK),
        ("BACK", Command.BACK),
        ("ひとつ前", Command.BACK),
        ("あとで", Command.LATER),
        ("係の者と話す", Command.STAFF),
        ("オペレーターお願いします", Command.STAFF),
        ("Talk to a person, please", Command.STAFF),
        ("ヘルプ", Command.HELP),
        ("？", Command.HELP),
        ("訂正", Command.CORRECT),
        ("なんで？", Command.WHY),
        ("なぜ聞くの？", Command.WHY),
        ("本物か確かめる", Command.VERIFY),
        ("連携解除", Command.UNLINK),
        ("切り替え", Command.SWITCH),
        ("やめる", Command.STOP),
        ("つづける", Command.RESUME),
        ("変わってへん", Command.UNCHANGED),
        ("わからない", Command.DONT_KNOW),
        ("答えたくない", Command.REFUSE),
        ("スキップ", Command.SKIP),
        ("この内容で提出する", Command.SUBMIT),
        ("以上です", Command.DONE),
        ("日本語", Command.LANGUAGE_JA),
        ("English", Command.LANGUAGE_EN),
        ("紙で答える", Command.PAPER),
        ("あと何問？", Command.STATUS),
    ],
)
def test_exact_words(text: str, command: Command) -> None:
    assert exact(fold(text), "ja") is command
    assert exact(fold(text), "en") is command


@pytest.mark.parametrize(
    "text",
    [
        "会社員",
        "電話",
        "郵送",
        "なし",
        "はい",
        "いいえ",
        "30万円以上",
        "山田太郎",
        "2026年4月1日",
        "人材派遣",
        "前田",
        "日本",
        "貿易",
        "no",
        "none",
    ],
)
def test_answers_are_no_command_words(text: str) -> None:
    assert exact(fold(text), "ja") is None
    assert in_other_words(fold(text), "ja") is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("さっきの間違い、直して", Command.CORRECT),
        ("ちがうの選んでしもた", Command.CORRECT),
        ("I pressed the wrong button", Command.CORRECT),
        ("一つ前に戻ってください", Command.BACK),
        ("前の質問に戻れますか", Command.BACK),
        ("can I go back one question?", Command.BACK),
        ("人と話したいんだけど", Command.STAFF),
        ("電話で話したいです", Command.STAFF),
        ("人に代わってもらえますか？", Command.STAFF),
        ("誰か人間おらんの", Command.STAFF),
        ("could you put me through to a human?", Command.STAFF),
        ("後でやります", Command.LATER),
        ("今忙しいねん", Command.LATER),
        ("仕事中なのでまた今度", Command.LATER),
        ("I'm busy right now", Command.LATER),
        ("もうやめたいです", Command.STOP),
        ("一切答えません", Command.STOP),
        ("i will not answer any of this", Command.STOP),
        ("この質問には答えたくない", Command.REFUSE),
        ("ちょっとわかりません", Command.DONT_KNOW),
        ("次の質問に行って", Command.SKIP),
        ("前回のままで変わりありません", Command.UNCHANGED),
        ("なんで聞かれるんですか", Command.WHY),
        ("そんなこと聞いてどうするの", Command.WHY),
        ("あと何問ありますか", Command.STATUS),
        ("LINEの連携を解除したい", Command.UNLINK),
        ("続きから始めたい", Command.RESUME),
        ("これで提出します", Command.SUBMIT),
        ("英語でお願いできますか", Command.LANGUAGE_EN),
        ("紙で返送したい", Command.PAPER),
        ("使い方がわかりません", Command.HELP),
    ],
)
def test_other_ways_of_saying_it(text: str, command: Command) -> None:
    assert in_other_words(fold(text), "ja") is command
    assert in_other_words(fold(text), "en") is command


@pytest.mark.parametrize(
    "text",
    [
        "電話してこないで",
        "電話はいりません",
        "人とは話したくない",
        "電話番号が変わりました",
        "お金は戻ってきますか",
        "国に帰ります",
        "回答しないとどうなりますか",
        "回答を拒否した場合の不利益は",
        "間違いありません",
        "住所を直したい",
        "何も変わってないんだけど",
        "変わってないのに答える意味ある?",
        "ビザの更新手続きをしている途中です",
        "月に30万円以上です",
        "提出した後どうなりますか",
        "後で困ることはありますか",
        "マネロンの意味がわかりません",
        "連携を解除するとどうなりますか",
        "職業を聞く理由は",
        "what happens if I do not answer?",
        "please don't call me",
        "nothing has changed, but do I still have to answer",
        "I am going back to my country",
    ],
)
def test_negations_questions_and_stories_are_no_commands(text: str) -> None:
    assert in_other_words(fold(text), "ja") is None
    assert in_other_words(fold(text), "en") is None


def test_a_word_that_says_otherwise_is_not_found_in_a_longer_one() -> None:
    assert in_other_words(fold("I will not do this questionnaire"), "en") is Command.STOP
    assert in_other_words(fold("I will not do this question"), "en") is not Command.STOP


def test_a_story_is_no_command() -> None:
    assert in_other_words(fold("先週の件で係の人に電話したい" + "とても長い話" * 12), "ja") is None


def test_a_variant_of_a_language_uses_its_words() -> None:
    assert exact(fold("戻る"), "ja_easy") is Command.BACK
    assert in_other_words(fold("人と話したいです"), "ja-easy") is Command.STAFF
    assert exact(fold("戻る"), "fr") is Command.BACK


@pytest.mark.parametrize("command", Command)
def test_every_command_is_understood_by_its_name_behind_a_slash(command: Command) -> None:
    for language in LANGUAGES:
        assert exact(fold(f"/{command}"), language) is command
        assert exact(fold(f"/{command}@Kakunin_bot"), language) is command


def test_a_slash_asks_for_the_other_language_and_makes_no_command_of_other_words() -> None:
    assert exact(fold("/language"), "ja") is Command.LANGUAGE_EN
    assert exact(fold("/language"), "en") is Command.LANGUAGE_JA
    assert exact(fold("/nonsense"), "ja") is None
    assert exact(fold("/help me"), "ja") is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("please stop", Command.STOP),
        ("Ok, can we stop this now?", Command.STOP),
        ("stop bothering me", Command.STOP),
        ("im out", Command.STOP),
        ("Could you go back please", Command.BACK),
        ("lemme continue", Command.RESUME),
        ("can i pause here", Command.LATER),
        ("Would you help me please", Command.HELP),
        ("modoru", Command.BACK),
        ("Yameru", Command.STOP),
        ("yametai desu", Command.STOP),
        ("wakarimasen", Command.DONT_KNOW),
        ("ato de", Command.LATER),
        ("hito to hanashitai", Command.STAFF),
        ("henkō nashi", Command.UNCHANGED),
        ("mōichido", Command.REPEAT),
    ],
)
def test_a_word_with_courtesies_or_in_romaji_is_that_word(text: str, command: Command) -> None:
    assert exact(fold(text), "en") is exact(fold(text), "ja") is command


@pytest.mark.parametrize(
    "text",
    [
        *("I quit my job", "stop payment", "cancel my card", "can I", "please", "end of May"),
        *("Tsuzuki", "Mae Yuki", "Owari", "Ato"),
    ],
)
def test_answers_and_names_in_latin_letters_are_no_command(text: str) -> None:
    assert exact(fold(text), "en") is exact(fold(text), "ja") is None


@pytest.mark.parametrize(
    "text",
    [
        "i dont wanna do this anymore",
        "I don't feel like doing this",
        "do not message me again please",
        "I am fed up with these questions",
        "Remove me from your list",
        "I wont answer any more of this",
    ],
)
def test_who_has_had_enough_is_understood_in_english(text: str) -> None:
    assert in_other_words(fold(text), "en") is Command.STOP


@pytest.mark.parametrize(
    "text", ["I stopped working last year", "I had to end my lease", "the company will remove the sign", "exit fees"]
)
def test_what_ended_elsewhere_is_no_wish_to_stop(text: str) -> None:
    assert in_other_words(fold(text), "en") is None


@pytest.mark.parametrize(("text", "command"), [("もどr", Command.BACK), ("やめr", Command.STOP), ("さとうk", None)])
def test_a_word_whose_last_sign_is_unfinished(text: str, command: Command | None) -> None:
    assert exact(fold(text), "ja") is command
