"""The closed lists of words that a questionnaire file may use; everything else is refused by name."""

from __future__ import annotations

from dialogs.definition.model import QuestionType

# fmt: off
#: Readers that ``bot.kind`` may name.
READER_KINDS = frozenset({
    "name", "kana", "postal_code", "address", "phone", "email", "country", "corporate_number",
    "residence_card", "amount", "percentage", "yes_no",
})

#: Regulatory items that ``bot.kyc_item`` and ``settings.required_items`` may name.
KYC_ITEMS = frozenset({
    "identity", "address", "birth_date", "occupation", "business", "purpose", "nationality_residence",
    "foreign_pep", "beneficial_owner", "representative", "funds",
})

#: The columns in the order in which a file is written.
SETTINGS_ORDER = ("id", "version", "title", "default_language", "required_items", "upgrade")

SURVEY_ORDER = (
    "type", "name", "label", "hint", "required", "required_message", "relevant", "constraint",
    "constraint_message", "calculation", "choice_filter", "default", "read_only", "repeat_count", "bot",
)

BOT_ORDER = (
    "kind", "button", "confirm", "decline", "prefill", "compare", "sensitive", "handover", "end", "proxy", "check",
    "check_message", "max_repeats", "kyc_item", "example", "why", "faq",
)

CHOICE_ORDER = ("name", "label", "button")

SETTINGS_COLUMNS = frozenset(SETTINGS_ORDER)
SURVEY_COLUMNS = frozenset(SURVEY_ORDER)
BOT_COLUMNS = frozenset(BOT_ORDER)

#: Columns of the survey that hold wording by language, and those of ``bot``.
SURVEY_TEXTS = frozenset({"label", "hint", "required_message", "constraint_message"})
BOT_TEXTS = frozenset({"button", "check_message", "example", "why"})

#: Columns of the survey that only a question with an answer of the customer can have.
ANSWER_COLUMNS = frozenset({
    "required", "required_message", "constraint", "constraint_message", "default", "read_only", "hint",
    "choice_filter",
})
# fmt: on

BOUNDARIES = frozenset({"begin_group", "end_group", "begin_repeat", "end_repeat"})
SELECTS = frozenset({QuestionType.SELECT_ONE, QuestionType.SELECT_MULTIPLE})
