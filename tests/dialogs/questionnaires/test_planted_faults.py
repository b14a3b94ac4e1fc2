"""Each kind of mistake, planted in a copy of a shipped form, is found where it is; an honest edit like it is not."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import pytest

from dialogs.definition.checks import endings, names, paths, texts, types
from locales import SHIPPED_LANGUAGES, load_catalogue
from tests.dialogs.questionnaires.planted import (
    Edit,
    codes,
    drop,
    edited,
    insert,
    issues_by,
    label,
    put,
    require,
    text_row,
    without_choice,
)


@dataclass(frozen=True)
class Fault:
    code: str
    module: ModuleType
    #: Where the finding stands: question and column, or the choice.
    place: str
    planted: tuple[Edit, ...]
    #: An edit of the same kind that is right.
    honest: tuple[Edit, ...]
    form: str = "individual"
    #: What the sentence about it names, in both languages.
    says: tuple[str, ...] = ()


def relevant(condition: str, name: str = "occupation_other") -> tuple[Edit, ...]:
    return (put(name, "relevant", condition),)


OTHER = "occupation_other relevant"
HALVES = "selected(${purposes}, 'salary')"
PEP = {"kyc_item": "foreign_pep"}

FAULTS = (
    # names and order
    Fault("unknown_name", names, OTHER, relevant("${occupaton} = 'other'"), relevant("${occupation} = 'other'"),
          says=("occupaton", "${occupation}")),
    Fault("used_before_asked", names, "respondent relevant", relevant("${occupation} = 'other'", "respondent"),
          relevant("${consent} = 'agree'", "respondent"), says=("occupation",)),
    Fault("cycle", names, "is_employed",
          (put("is_employed", "calculation", "if(${employer} != '', 'yes', 'no')"),),
          (put("is_employed", "calculation", "if(${occupation} != 'other', 'yes', 'no')"),),
          says=("is_employed -> employer -> is_employed",)),
    Fault("unknown_list", names, "occupation type", (put("occupation", "type", "select_one ocupations"),),
          (put("occupation", "type", "select_one industries"),), says=("ocupations", "occupations")),
    Fault("unknown_column", names, "owner_count choice_filter",
          (put("owner_count", "choice_filter", "${owner_basis} != 'quarter' or kinds = 'few'"),),
          (put("owner_count", "choice_filter", "${owner_basis} != 'quarter' or name != 'more'"),),
          form="corporate", says=("kinds", "kind")),
    Fault("position_outside_repeat", names, OTHER, relevant("position(..) = 1"),
          relevant("position(..) = 1", "further_nationality")),
    Fault("not_in_repeat", names, OTHER,
          (put("remittance_purpose", "relevant", "true()"),
           *relevant("indexed-repeat(${employer}, ${remittance_countries}, 1) = 'x'")),
          (put("remittance_detail", "relevant",
               "indexed-repeat(${remittance_country}, ${remittance_countries}, 1) = 'USA'"),), says=("employer",)),
    # types
    Fault("unknown_choice", types, OTHER, (without_choice("occupations", "other"),),
          (without_choice("occupations", "student"), put("employer", "relevant", "${is_employed} = 'yes'"),
           put("monthly_amount", "bot.check", "true()")), says=("other",)),
    Fault("arithmetic_on_text", types, OTHER, relevant("${employer} + 1 = 2"),
          relevant("string-length(${employer}) + 1 = 2")),
    Fault("order_on_text", types, OTHER, relevant("${occupation} > 'other'"), relevant("${risk} > 1")),
    Fault("never_equal", types, "renewal_pending relevant", relevant("${residence_expiry} = 'soon'", "renewal_pending"),
          relevant("${residence_expiry} = '2026-04-01'", "renewal_pending"), says=("soon",)),
    Fault("text_for_number", types, OTHER, relevant("round(${employer}) = 1"),
          relevant("round(number(${employer})) = 1")),
    Fault("not_a_selection", types, "renewal_pending relevant",
          relevant("count-selected(${residence_expiry}) > 1", "renewal_pending"),
          relevant("count-selected(${purposes}) > 1", "renewal_pending")),
    Fault("date_against_number", types, "renewal_pending relevant",
          relevant("${residence_expiry} < 18", "renewal_pending"),
          relevant("(${residence_expiry} - today()) div 365.25 < 18", "renewal_pending"), says=("18",)),
    Fault("equals_on_multiple", types, OTHER, relevant("${purposes} = 'salary'"), relevant(HALVES)),
    Fault("text_as_condition", types, OTHER, relevant("${occupation} and 1 = 1"), relevant("${occupation} = 'other'")),
    Fault("default_breaks_constraint", types, "remittance_country default",
          (put("remittance_country", "default", "JPN"),), (put("remittance_country", "default", "USA"),),
          says=("JPN",)),
    Fault("default_wrong_type", types, "residence_expiry default", (put("residence_expiry", "default", "2026-02-30"),),
          (put("residence_expiry", "default", "2026-02-28"),), says=("2026-02-30",)),
    # texts
    Fault("missing_text", texts, "occupation label", (drop("occupation", "label"),), (drop("occupation", "hint"),)),
    Fault("missing_language", texts, "occupation label.en",
          (put("occupation", "label", {"ja": "職業", "ja_easy": "職業"}),),
          (put("occupation", "label", {"ja": "職業", "ja_easy": "職業", "en": "Job"}),), says=("en",)),
    Fault("text_too_long", texts, "intro_never label.ja",
          (put("intro_never", "label", {"ja": "あ" * 4_097, "ja_easy": "あ", "en": "a"}),),
          (put("intro_never", "label", {"ja": "あ" * 4_096, "ja_easy": "あ", "en": "a"}),), says=("4097", "4096")),
    Fault("button_too_long", texts, "yes_no/yes label.en", (label("yes_no", "yes", "en", "Y" * 21),),
          (label("yes_no", "yes", "en", "Y" * 21), label("yes_no", "yes", "en", "Yes", "button")), says=("21", "20")),
    Fault("labels_collide", texts, "yes_no/no label.ja",
          (label("yes_no", "yes", "ja", "はい"), label("yes_no", "no", "ja", "ハ イ")),
          (label("yes_no", "yes", "ja", "はい"), label("yes_no", "no", "ja", "ハイエ")), says=("yes",)),
    Fault("label_is_other_number", texts, "yes_no/yes label.ja", (label("yes_no", "yes", "ja", "２番"),),
          (label("yes_no", "yes", "ja", "１番"),)),
    Fault("placeholder_differs", texts, "intro_never label.en",
          (put("intro_never", "label", {"ja": "{bank_name}です", "ja_easy": "{bank_name}です", "en": "Hello"}),),
          (put("intro_never", "label", {"ja": "{bank_name}です", "ja_easy": "{bank_name}です", "en": "{bank_name}"}),)),
    Fault("answer_in_text", texts, "intro_never label.ja",
          (put("intro_never", "label", {"ja": "${name}さま", "ja_easy": "${name}さま", "en": "${name}"}),),
          (put("intro_never", "label", {"ja": "お客さま", "ja_easy": "お客さま", "en": "You"}),), says=("${name}",)),
    # paths
    Fault("never_relevant", paths, OTHER, relevant("${occupation} = 'other' and ${occupation} = 'student'"),
          relevant("${occupation} = 'other' or ${occupation} = 'student'")),
    Fault("never_relevant", paths, "respondent relevant", relevant("${consent} = 'disagree'", "respondent"),
          relevant("${respondent} = 'self'", "name_change_notice")),
    Fault("never_relevant", paths, "more_nationalities repeat_count",
          (put("more_nationalities", "repeat_count", "number(${nationality_count}) - 3"),),
          (put("more_nationalities", "repeat_count", "number(${nationality_count}) - 2"),)),
    Fault("always_relevant", paths, "cash_detail relevant",
          relevant("${large_cash} = 'yes' or ${large_cash} = 'no'", "cash_detail"),
          relevant("${large_cash} = 'yes' or ${remittance} = 'no'", "cash_detail")),
    Fault("constant_condition", paths, "own_use bot.handover",
          (put("own_use", "bot.handover", ". = 'x' and . = 'no'"),),
          (put("own_use", "bot.handover", ". = 'x' or . = 'no'"),), says=("false",)),
    Fault("reads_unanswered", paths, "unused_account_notice relevant",
          relevant("${frequency} != 'rarely'", "unused_account_notice"),
          relevant("${frequency} != '' and ${frequency} != 'rarely'", "unused_account_notice"), says=("frequency",)),
    Fault("item_not_asked", paths, "beneficial_owner required_items", (require("beneficial_owner"),),
          (require("business"), put("consent", "bot.kyc_item", "business")), says=("beneficial_owner",)),
    Fault("item_not_covered", paths, "foreign_pep required_items", relevant(HALVES, "foreign_pep"),
          (*relevant(HALVES, "foreign_pep"),
           insert("foreign_pep", text_row("pep_in_words", relevant=f"not({HALVES})", bot=PEP))), says=("foreign_pep",)),
    Fault("item_not_covered", paths, "address required_items", (put("address", "bot.decline", "refuse"),),
          (put("postal_code", "bot.decline", "unknown"),), says=("address",)),
    Fault("item_not_covered", paths, "purpose required_items", (put("purposes", "required", "${risk} = 'high'"),),
          (put("purposes", "required", "${risk} = 'high' or ${risk} != 'high'"),), says=("purpose",)),
    Fault("item_not_proved", paths, "foreign_pep required_items",
          relevant("string-length(${name}) > 3", "foreign_pep"),
          (*relevant("string-length(${name}) > 3", "foreign_pep"),
           insert("foreign_pep", text_row("pep_in_words", relevant="not(string-length(${name}) > 3)", bot=PEP)))),
    # the end
    Fault("dead_end", endings, "occupation choice_filter", (put("occupation", "choice_filter", "name = 'nobody'"),),
          (put("occupation", "choice_filter", "name != 'other' or ${respondent} = 'self'"),)),
    Fault("dead_end", endings, "owner_count choice_filter",
          (put("owner_count", "choice_filter", "${owner_basis} != 'quarter'"),),
          (put("owner_count", "choice_filter", "${owner_basis} != 'quarter' or name = 'more'"),), form="corporate"),
    Fault("dead_end", endings, "consent constraint", (put("consent", "constraint", ". = 'both'"),),
          (put("consent", "constraint", ". != 'both'"),)),
    Fault("end_not_proved", endings, "employer constraint",
          (put("employer", "constraint", "string-length(.) > string-length(${address})"),),
          (put("employer", "constraint", "string-length(.) > 30 or . = 'x' or . != ${name}"),)),
    Fault("no_submission", endings, "consent bot.end", (put("consent", "bot.end", ". != 'x'"),),
          (put("respondent", "bot.end", ". != 'self'"),), says=("consent",)),
    Fault("unreachable", endings, "respondent", (put("consent", "bot.end", "true()"),),
          (put("consent", "bot.handover", "true()"),), says=("consent",)),
)  # fmt: skip


def ids() -> list[str]:
    return [f"{fault.code}-{fault.place.split()[0]}" for fault in FAULTS]


@pytest.mark.parametrize("fault", FAULTS, ids=ids())
def test_a_planted_fault_is_found_where_it_is(fault: Fault) -> None:
    issues = issues_by(fault.module, edited(fault.form, *fault.planted))
    found = [issue for issue in issues if issue.code == fault.code]
    assert fault.place in {_place(issue.place) for issue in found}, [f"{i.code} at {i.place}" for i in issues]
    (here, *_) = (issue for issue in found if _place(issue.place) == fault.place)
    assert here.place.row or here.place.sheet == "settings"
    for language in SHIPPED_LANGUAGES:
        sentence = here.message(load_catalogue(language).text)
        assert all(word in sentence for word in fault.says), sentence


@pytest.mark.parametrize("fault", FAULTS, ids=ids())
def test_an_honest_edit_like_it_raises_no_alarm(fault: Fault) -> None:
    issues = issues_by(fault.module, edited(fault.form, *fault.honest))
    assert fault.code not in codes(issues), [f"{i.code} at {i.place}" for i in issues]


@pytest.mark.parametrize("form", ["individual", "corporate"])
@pytest.mark.parametrize("module", [names, types, texts, paths, endings], ids=lambda module: module.__name__[26:])
def test_the_shipped_forms_raise_none(module: ModuleType, form: str) -> None:
    assert [f"{issue.code} at {issue.place}" for issue in issues_by(module, edited(form))] == []


def _place(place: object) -> str:
    """Without the row, which moves with every edit of the shipped forms."""
    return str(place).partition(" ")[2]
