"""What the bot does with a text that is no answer, once it is known how likely it is about each thing.

Only a near match is answered; what is similar is offered (up to three), what is another business of the bank,
a loss or a topic for people goes to staff.  A wrong confident answer is worse than none.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from dialogs.faq.calibration import Calibration
from dialogs.faq.intents import LIKELY, NOTHING, SETTLES, SURE, Intent

#: How many topics are offered.
MAX_OFFERED = 3

#: Commands that are rather questions: a topic that says more goes first.
_LIKE_TOPICS = frozenset({"why", "meaning", "help", "status", "verify", "paper", "unchanged"})


class Action(StrEnum):
    """What the bot does with a text that is no answer."""

    ANSWER = "answer"
    OFFER = "offer"
    STAFF = "staff"
    COMMAND = "command"
    NONE = "none"


class Reason(StrEnum):
    """Why the action was chosen; recorded with it."""

    NEAR = "near"
    SIMILAR = "similar"
    PERSON_TOPIC = "person_topic"
    DANGER = "danger"
    OTHER_BUSINESS = "other_business"
    #: A question that nothing fits.
    UNKNOWN = "unknown"
    CHIT_CHAT = "chit_chat"
    #: Neither a question nor like a topic: perhaps an answer with a slip in it.
    NO_QUESTION = "no_question"


class Mood(StrEnum):
    """How a text is meant besides: an answer begins with a word about it."""

    CALM = "calm"
    ANGRY = "angry"
    WORRIED = "worried"


@dataclass(frozen=True)
class Scored:
    """A topic and how likely it is meant, between 0 and 1."""

    topic: str
    score: float


@dataclass(frozen=True)
class Match:
    """What a text asks about."""

    action: Action
    #: Best first; empty when nothing shares anything with the text.
    ranked: tuple[Scored, ...]
    #: SHA-256 of the FAQ that was matched.
    version: str
    reason: Reason
    #: What the best score was held against, for the record.
    threshold: float = 0.0
    #: The topics to say or to offer: one for an answer or a topic for people, up to three for an offer.
    offered: tuple[str, ...] = ()
    #: The command that the text wishes for, by name; where it means nothing, the action holds.
    command: str | None = None
    mood: Mood = Mood.CALM
    #: It is marked as a question or seems to ask for something.
    asks: bool = False
    #: What it wants, as those who typed the like wanted it.
    intent: Intent = NOTHING


@dataclass(frozen=True, kw_only=True)
class Weighed:
    """A text, weighed."""

    #: Best first.
    ranked: tuple[Scored, ...]
    #: The phrasings of the best topic speak of every idea in the text.
    speaks_of_all: bool
    #: The likeliest topic for people (it leads, or the text asks nothing), and whether the text has an idea
    #: of which it alone speaks (a death).
    person_topic: str
    person_score: float
    said_so: bool
    #: What it wants, as those who typed the like wanted it; the likelihood of the best topic that this does not settle.
    intent: Intent
    intent_rival: float
    other: float
    danger: float
    small_talk: float
    #: It looks like the answer to a question of a form.
    answer: float
    #: The text is marked as a question or seems to ask for something.
    asks: bool
    #: It speaks of a loss or a danger in so many words.
    in_danger: bool
    #: It has a word of the bank's other business that no topic uses.
    foreign: bool
    mood: Mood


def decide(weighed: Weighed, limits: Calibration, version: str) -> Match:
    """The action, and what it was held against."""
    ranked = weighed.ranked
    best = ranked[0].score if ranked else 0.0
    topic = (ranked[0].topic,) if ranked else ()

    intent = weighed.intent
    rest = max(best, intent.wish)
    rival = max(weighed.intent_rival, weighed.other, weighed.danger)
    wishes = LIKELY <= intent.wish > rival or (intent.wish >= SURE and intent.command not in _LIKE_TOPICS)
    command = intent.command if wishes else None

    def decided(action: Action, reason: Reason, threshold: float = 0.0, offered: tuple[str, ...] = ()) -> Match:
        danger = reason is Reason.DANGER
        return Match(
            action,
            ranked,
            version,
            reason,
            threshold,
            offered,
            None if danger else command,
            weighed.mood,
            weighed.asks,
            intent,
        )

    if weighed.in_danger or (weighed.danger >= limits.danger and weighed.danger > rest):
        return decided(Action.STAFF, Reason.DANGER)
    if weighed.person_score >= (limits.person_said_so if weighed.said_so else limits.person):
        return decided(Action.STAFF, Reason.PERSON_TOPIC, limits.person, (weighed.person_topic,))
    if weighed.other >= limits.other and weighed.other > max(rest, intent.answer):
        return decided(Action.STAFF, Reason.OTHER_BUSINESS, limits.other)
    answer = limits.answer if weighed.asks else limits.answer_statement
    second = ranked[1].score if len(ranked) > 1 else 0.0
    # A wish for something else that means nothing here makes no topic certain.
    certain = intent.wish < SURE or topic == (SETTLES.get(intent.command),)
    near = best >= answer and second <= limits.answer_second and (weighed.speaks_of_all or best >= limits.certain)
    if near and certain:
        return decided(Action.ANSWER, Reason.NEAR, answer, topic)
    neither = not wishes and intent.answer < LIKELY
    if weighed.foreign or (neither and weighed.other + weighed.danger >= limits.beside):
        return decided(Action.STAFF, Reason.OTHER_BUSINESS)
    if weighed.small_talk >= limits.small_talk and intent.answer < LIKELY:
        return decided(Action.NONE, Reason.CHIT_CHAT, limits.small_talk)
    if weighed.answer > max(best, weighed.other):
        return decided(Action.NONE, Reason.NO_QUESTION, best)
    similar = limits.offer if weighed.asks else limits.offer_statement
    if best >= similar:
        floor = best * limits.offer_share
        offered = tuple(scored.topic for scored in ranked[:MAX_OFFERED] if scored.score >= floor)
        return decided(Action.OFFER, Reason.SIMILAR, similar, offered)
    if weighed.asks:
        return decided(Action.STAFF, Reason.UNKNOWN, similar)
    return decided(Action.NONE, Reason.NO_QUESTION, similar)
