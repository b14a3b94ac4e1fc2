"""The expression language of a questionnaire: XLSForm's spelling, ODK's meaning, typed, no ``eval``.

``${age} >= 18 and selected(${purposes}, 'other')`` is read once by ``parse`` and evaluated against
a ``Scope``.  Unanswered and irrelevant answers are the empty text, as numbers NaN.  Imports
nothing of the rest of the project.
"""

from dialogs.definition.expressions.errors import EXPRESSION_ERROR_CODES, ExpressionError
from dialogs.definition.expressions.expression import Expression, literal, parse
from dialogs.definition.expressions.functions import FUNCTIONS, Kind
from dialogs.definition.expressions.scope import Scope
from dialogs.definition.expressions.values import NAN, ExprValue, number_of, text_of, truth_of

__all__ = [
    "EXPRESSION_ERROR_CODES",
    "FUNCTIONS",
    "NAN",
    "ExprValue",
    "Expression",
    "ExpressionError",
    "Kind",
    "Scope",
    "literal",
    "number_of",
    "parse",
    "text_of",
    "truth_of",
]
