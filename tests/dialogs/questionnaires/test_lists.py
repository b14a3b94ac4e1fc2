"""The choice lists of every shipped form: told apart, and never taken for a command or another place."""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from dialogs.conversation.command_courtesies import NO_COMMANDS
from dialogs.definition.model import Choice, Questionnaire
from dialogs.definition.yaml_format import load_shipped, shipped_names
from dialogs.japanese.kana import to_katakana
from dialogs.japanese.width import fold

LISTS = [
    pytest.param(form, name, id=f"{form.id}-{name}")
    for form in map(load_shipped, shipped_names())
    for name in sorted(form.choices)
]


def words_of(choice: Choice) -> set[str]:
    """Everything by which a choice can be named."""
    words = {choice.name, *choice.label.values(), *choice.button.values()}
    return words | {word for word in choice.extra.get("synonyms", "").split("|") if word}


@pytest.mark.parametrize(("form", "list_name"), LISTS)
def test_no_word_means_two_choices_of_a_list(form: Questionnaire, list_name: str) -> None:
    owner: dict[str, str] = {}
    for choice in form.choices[list_name]:
        for word in words_of(choice):
            key = to_katakana(fold(word))
            assert owner.setdefault(key, choice.name) == choice.name, f"{word}: {owner[key]} and {choice.name}"


@pytest.mark.parametrize(("form", "list_name"), LISTS)
def test_a_number_in_a_label_is_not_the_place_of_another_choice(form: Questionnaire, list_name: str) -> None:
    for place, choice in enumerate(form.choices[list_name], 1):
        for word in words_of(choice):
            assert not fold(word).isdecimal() or int(fold(word)) == place


def test_ambiguous_words_are_nobodys_synonym(form: Questionnaire) -> None:
    """大丈夫です and いいです mean yes or no: the reader asks back, so no list may decide."""
    ambiguous = {fold(word) for word in ("大丈夫", "大丈夫です", "いいです", "結構です", "けっこうです", "ok")}
    for choices in form.choices.values():
        for choice in choices:
            assert not ambiguous & {fold(word) for word in words_of(choice)}


@pytest.mark.parametrize("language", ["ja", "en"])
def test_no_choice_is_named_like_a_command(form: Questionnaire, language: str) -> None:
    """An exact command word is read before an answer; "I do not know" falls through to the list that offers it."""
    commands = yaml.safe_load(files("locales").joinpath(language, "commands.yaml").read_text(encoding="utf-8"))
    taken = {
        fold(str(word)): name
        for name, rule in commands.items()
        if name not in (*NO_COMMANDS, "dont_know")
        for word in rule["exact"]
    }
    for list_name, choices in form.choices.items():
        for choice in choices:
            for word in words_of(choice):
                assert fold(word) not in taken, f"{list_name}/{choice.name}: {word} is {taken.get(fold(word))}"


def test_every_amount_question_has_bands_and_every_yes_no_the_two_codes(form: Questionnaire) -> None:
    for question in form.questions:
        choices = form.choices.get(question.list_name or "", ())
        if question.bot.kind == "amount":
            assert all({"from", "above", "to", "below"} & set(choice.extra) for choice in choices), question.name
        if question.bot.kind == "yes_no":
            assert [choice.name for choice in choices] == ["yes", "no"], question.name
