"""Which answer a customer wants to change, said by its number in the list or by its name.

「住所を直したい」 names an answer as well as 「ご住所」 does, so the wish around the name is taken off first.
"""

from __future__ import annotations

import re

from dialogs.conversation.form import Slot
from dialogs.conversation.moves import correct
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.definition.model import NO_TEXT, Choice
from dialogs.japanese import fold
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.choices import Ambiguous, read_choice

_WISH = re.compile(
    "(?P<name>.+?)(?:の(?:答え|回答|ところ|欄|項目|部分))?(?:を|の|が|は|も|だけ)?(?:もう一度|もういちど)?"
    "(?:直|なお|治|変え|かえ|変更|訂正|修正|書き直|入れ直|選び直|やり直|間違|まちが|違って|ちがって)[^、。]{0,14}"
)
_WISH_IN_ENGLISH = re.compile(
    r"(?:please |(?:i|we) (?:want|need|would like|wish) to |i'd like to |let me |can i |could i |may i )?"
    r"(?:change|correct|fix|edit|update|redo) (?:my |the |our )?(?P<name>[^,.]+?)(?: answer| please| again)*"
)
_POLITE = re.compile("^[ごお御](?=..)")


def named_to_correct(turn: Turn, reading: Reading) -> bool:
    """Open the answer that the text names, or ask which one where it names several."""
    slots = turn.position.asked_slots
    names = [_as_choice(place, slot) for place, slot in enumerate(slots)]
    context = ReplyContext(today=turn.now.date(), locale=turn.state.locale)
    for text in dict.fromkeys((_without_wish(reading), reading.text)):
        named = read_choice(text, names, context, turn.definition.default_language)
        if isinstance(named, Parsed):
            correct(turn, slots[int(named.value)].key)
            return True
        if isinstance(named, Ambiguous):
            turn.ask_which()
            return True
        assert isinstance(named, Problem)
    return False


def _without_wish(reading: Reading) -> str:
    """The name alone; the whole text where it is a question, which may ask about changing in general."""
    folded = reading.folded.rstrip("。.!")
    wish = _WISH.fullmatch(folded) or _WISH_IN_ENGLISH.fullmatch(folded)
    return reading.text if wish is None or reading.is_question else wish["name"]


def _as_choice(place: int, slot: Slot) -> Choice:
    """A slot as something to choose by its short name, with and without the polite ご."""
    label = NO_TEXT if slot.question is None else slot.question.bot.button or slot.question.label
    plain = {_POLITE.sub("", fold(text)) for text in label.values()} - {fold(text) for text in label.values()}
    return Choice(name=str(place), label=label, extra={"synonyms": "|".join(sorted(plain))} if plain else {})
