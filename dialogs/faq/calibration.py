"""The numbers of the matcher, in one place, so that a change of them is seen.

Weights were fitted (``bench/calibrate.py``) and limits set on the development questions in tests/dialogs/faq and on the
phrasings of the shipped FAQ, each left out in turn; the evaluation sets had no part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Weights of the evidence, and limits of the actions (probabilities)."""

    #: One for each column of the evidence (``index.COLUMNS``).
    weights: tuple[float, ...]
    #: How likely each kind of thing is before anything is read: topic, other business, danger, small talk,
    #: answer.
    kinds: tuple[float, float, float, float, float]
    #: The same for "none of these", how much less likely that is where the text asks for something, and how
    #: much likelier where its words stand nowhere here.
    none: float
    none_asks: float
    none_new: float
    #: The topic of the open question is that much more likely.
    question_bonus: float
    #: Near enough to be answered: a text marked as a question or asking, and any other text.
    answer: float
    answer_statement: float
    #: Only where the second topic is at most so near (a long text may ask two things), and where the topic's
    #: phrasings speak of every idea in the text or it is this near.
    answer_second: float
    certain: float
    #: Near enough that a topic for people goes to a person, also where the text speaks of what only that topic is
    #: about; and that somebody is met as the victim of a loss.
    person: float
    person_said_so: float
    danger: float
    #: Near enough to another business of the bank, to small talk.
    other: float
    small_talk: float
    #: So likely business outside the FAQ, or a danger, that no topic is offered.
    beside: float
    #: Near enough to be offered: a text that asks, and one that does not.
    offer: float
    offer_statement: float
    #: Topics below this share of the best are not offered beside it.
    offer_share: float


#: A text that stands among the phrasings of a topic is about it: staff put it there.
SAME_WORDS = 6.0

#: A text that is neither an answer nor marked as a question is offered topics only from here on: below lie
#: replies with a slip in them (パートで働いてます), which are better told how to answer.
OFFER_FOR_FAILED_ANSWER = 0.40
#: The same where it asks for nothing at all.
OFFER_FOR_STATEMENT = 0.70

#: By language and tier: ``light``, and ``encoder`` where the extra is installed.
CALIBRATIONS = MappingProxyType(
    {
        ("ja", "encoder"): Calibration(
            weights=(0.0, 0.78, 1.75, 1.89, 6.52, 0.04, 4.62, 4.74, 11.77, 5.2, 5.35, 9.12),
            kinds=(0.0, 0.44, -0.33, 0.27, 1.53),
            none=5.03,
            none_asks=3.41,
            none_new=2.23,
            question_bonus=0.7,
            answer=0.92,
            answer_statement=0.97,
            answer_second=0.15,
            certain=0.985,
            person=0.55,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
        ("ja", "light"): Calibration(
            weights=(1.35, 6.7, 2.24, 2.82, 9.41, 0.04, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            kinds=(0.0, 0.62, 0.06, 2.0, 1.03),
            none=0.82,
            none_asks=2.27,
            none_new=3.1,
            question_bonus=0.7,
            answer=0.95,
            answer_statement=0.985,
            answer_second=0.15,
            certain=0.985,
            person=0.55,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
        ("en", "encoder"): Calibration(
            weights=(0.0, 0.0, 0.0, 1.88, 1.41, 2.39, 4.95, 6.69, 7.74, 0.0, 0.0, 0.0),
            kinds=(0.0, 1.49, -1.01, 0.6, 1.23),
            none=3.47,
            none_asks=3.54,
            none_new=3.02,
            question_bonus=0.7,
            answer=0.92,
            answer_statement=0.97,
            answer_second=0.15,
            certain=0.985,
            person=0.8,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
        ("en", "light"): Calibration(
            weights=(2.04, 5.33, 0.0, 2.8, 3.62, 3.55, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            kinds=(0.0, 1.96, -0.06, 2.87, 2.01),
            none=0.07,
            none_asks=2.69,
            none_new=3.56,
            question_bonus=0.7,
            answer=0.95,
            answer_statement=0.985,
            answer_second=0.15,
            certain=0.985,
            person=0.8,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
    }
)
