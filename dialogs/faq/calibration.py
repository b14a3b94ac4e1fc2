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
    #: How likely each kind of thing is before anything is read: topic, other business, danger, small talk, command.
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
    #: Near enough to another business of the bank, to a command, to small talk.
    other: float
    command: float
    small_talk: float
    #: So likely business outside the FAQ, or a danger, that no topic is offered.
    beside: float
    #: Near enough to be offered: a text that asks, and one that does not.
    offer: float
    offer_statement: float
    #: Topics below this share of the best are not offered beside it.
    offer_share: float


#: A text that is neither an answer nor marked as a question is offered topics only from here on: below lie
#: replies with a slip in them (パートで働いてます), which are better told how to answer.
OFFER_FOR_FAILED_ANSWER = 0.40

#: By language and tier: ``light``, and ``encoder`` where the extra is installed.
CALIBRATIONS = MappingProxyType(
    {
        ("ja", "encoder"): Calibration(
            weights=(0.38, 0.38, 2.18, 1.63, 4.87, 0.03, 4.93, 2.96, 12.77, 5.86, 4.73, 8.74),
            kinds=(0.0, 0.58, -0.16, 0.91, -0.84),
            none=8.93,
            none_asks=-1.03,
            none_new=2.94,
            question_bonus=0.7,
            answer=0.94,
            answer_statement=0.99,
            answer_second=0.15,
            certain=0.985,
            person=0.45,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            command=0.5,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
        ("ja", "light"): Calibration(
            weights=(2.91, 5.59, 2.34, 2.55, 7.27, 0.4, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            kinds=(0.0, 0.69, 0.2, 2.2, 0.02),
            none=3.98,
            none_asks=-1.13,
            none_new=3.83,
            question_bonus=0.7,
            answer=0.94,
            answer_statement=0.99,
            answer_second=0.15,
            certain=0.985,
            person=0.45,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            command=0.5,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
        ("en", "encoder"): Calibration(
            weights=(0.0, 0.0, 0.24, 1.83, 1.61, 2.57, 5.51, 5.37, 7.76, 0.0, 0.0, 0.0),
            kinds=(0.0, 1.61, -0.89, 0.93, -0.51),
            none=7.19,
            none_asks=-0.31,
            none_new=3.9,
            question_bonus=0.7,
            answer=0.94,
            answer_statement=0.99,
            answer_second=0.15,
            certain=0.985,
            person=0.45,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            command=0.5,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
        ("en", "light"): Calibration(
            weights=(3.49, 4.56, 0.32, 2.61, 3.03, 3.7, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            kinds=(0.0, 2.0, 0.19, 3.05, 0.86),
            none=3.05,
            none_asks=-0.25,
            none_new=4.22,
            question_bonus=0.7,
            answer=0.94,
            answer_statement=0.99,
            answer_second=0.15,
            certain=0.985,
            person=0.45,
            person_said_so=0.2,
            danger=0.4,
            other=0.4,
            command=0.5,
            small_talk=0.5,
            beside=0.25,
            offer=0.08,
            offer_statement=0.2,
            offer_share=0.12,
        ),
    }
)
