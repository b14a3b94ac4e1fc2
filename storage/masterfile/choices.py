"""Which codes the coded columns of the master file may hold.

Promise: a code or a label of the questionnaires, in any of their languages, finds its code; a
label that two codes share finds none, because guessing would falsify a customer's record.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from dialogs.definition.model import Choice, Questionnaire, in_languages

#: Columns whose values are codes of a choice list.
CODED_COLUMNS = ("occupation", "purposes", "residence_status")

#: Column -> code or folded label -> code.
CodeTable = Mapping[str, Mapping[str, str]]


def fold_label(text: str) -> str:
    """Width, case and spaces do not make another label."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def code_table(questionnaires: Iterable[Questionnaire]) -> CodeTable:
    """The choices of every question that is compared with (or offers) a coded column."""
    found: dict[str, dict[str, set[str]]] = {}
    for questionnaire in questionnaires:
        for question in questionnaire.questions:
            column = question.bot.compare or question.bot.prefill or ""
            if column not in CODED_COLUMNS or not question.is_select:
                continue
            words = found.setdefault(column, {})
            for choice in questionnaire.choices.get(question.list_name or "", ()):
                for word in _words(choice):
                    words.setdefault(word, set()).add(choice.name)
    return {
        column: {word: _code_of(word, codes) for word, codes in words.items() if _code_of(word, codes)}
        for column, words in found.items()
    }


def _words(choice: Choice) -> Iterable[str]:
    for text in (choice.name, *in_languages(choice.label), *in_languages(choice.button)):
        if folded := fold_label(text):
            yield folded


def _code_of(word: str, codes: set[str]) -> str:
    """The one code of a word; a code's own name beats another choice's label."""
    if len(codes) == 1:
        return next(iter(codes))
    exact = [code for code in codes if fold_label(code) == word]
    return exact[0] if len(exact) == 1 else ""
