"""What is said from the FAQ to a text that is no answer, and when its own problem says more."""

from __future__ import annotations

from dialogs.conversation import asking, events as ev, people
from dialogs.conversation.moves import aside
from dialogs.conversation.prompts import Button, FaqText, Phrase
from dialogs.conversation.same_or_changed import agrees
from dialogs.conversation.turn import Turn
from dialogs.conversation.understanding import Reading
from dialogs.conversation.unmatched import record_unmatched
from dialogs.faq.calibration import OFFER_FOR_FAILED_ANSWER, OFFER_FOR_STATEMENT
from dialogs.faq.matcher import Action, Match, Mood, Reason


def reply_from_faq(turn: Turn, reading: Reading, content_id: str | None) -> bool:
    """Answer or offer approved topics; true when something was said."""
    if not any(sign.isalpha() for sign in reading.folded):
        return False  # figures alone ask nothing
    match = reading.match
    topics = match.offered
    if _rather_a_slip(turn, reading):
        return False
    if match.action in (Action.ANSWER, Action.OFFER) or (match.action is Action.STAFF and topics):
        record_faq(turn, reading, content_id)
    match match.action:
        case Action.ANSWER:
            aside(turn, *_kind_word(match), FaqText(topic=topics[0]))
        case Action.OFFER:
            offer = Phrase(key="faq.offer" if len(topics) > 1 else "faq.offer_one")
            turn.say(*_kind_word(match), offer, buttons=(*topic_buttons(topics), asking.RESUME, asking.STAFF))
        case Action.STAFF if topics:
            people.call(turn, f"faq:{topics[0]}", FaqText(topic=topics[0]))
        case Action.STAFF if match.reason is Reason.DANGER:
            people.call(turn, "danger", Phrase(key="faq.danger"))
        case Action.STAFF:
            record_unmatched(turn, reading, content_id)
            if calls_after_misses(turn):
                return True
            aside(turn, *_kind_word(match), Phrase(key="faq.staff"), buttons=(asking.STAFF,))
        case _:
            return False
    return True


def calls_after_misses(turn: Turn) -> bool:
    """A person is called where the customer has asked several times in a row and got no answer."""
    if turn.staffing is None or turn.state.misses < people.CALL_AFTER_UNMATCHED:
        return False
    people.call(turn, "unmatched", Phrase(key="faq.no_answer"))
    return True


def speaks_of_danger(reading: Reading) -> bool:
    """A loss, a fraud, a threat, somebody who wants to die: no answer to any question, whatever it takes."""
    return reading.match.action is Action.STAFF and reading.match.reason is Reason.DANGER


def _kind_word(match: Match) -> tuple[Phrase, ...]:
    """To somebody who is angry or worried, a word about that first."""
    match match.mood:
        case Mood.ANGRY:
            return (Phrase(key="faq.angry"),)
        case Mood.WORRIED:
            return (Phrase(key="faq.worried"),)
        case Mood.CALM:
            return ()


def record_faq(turn: Turn, reading: Reading, content_id: str | None) -> None:
    """What was shown, by which version of the FAQ and how near it was."""
    match = reading.match
    scores = {scored.topic: round(scored.score, 4) for scored in match.ranked}
    turn.record(
        ev.FaqShown(
            at=turn.now,
            topics=match.offered,
            action=match.action.value,
            version=match.version,
            score=round(match.ranked[0].score, 4) if match.ranked else 0.0,
            content_id=content_id,
            scores=tuple(scores.get(topic, 0.0) for topic in match.offered),
        )
    )


def _rather_a_slip(turn: Turn, reading: Reading) -> bool:
    """Whether the text is more likely an answer that failed than a question: its own problem says more then.

    A loss, a danger and other business of the bank are heard however they are put.
    """
    if turn.state.open is None or reading.is_question:
        return False
    match = reading.match
    if match.action is Action.OFFER:
        best = match.ranked[0].score if match.ranked else 0.0
        return best < (OFFER_FOR_FAILED_ANSWER if match.asks else OFFER_FOR_STATEMENT) or agrees(reading.folded)
    return match.action is Action.STAFF and match.reason is Reason.UNKNOWN


def topic_buttons(topics: tuple[str, ...]) -> tuple[Button, ...]:
    """Topics to choose from; their option holds in any bubble, however old."""
    return tuple(Button(option=f"q.{topic}", label=FaqText(topic=topic, field="short")) for topic in topics)
