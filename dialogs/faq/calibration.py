"""The numbers of the matcher, in one place, so that a change of them is seen.

They were set on the development questions in tests/dialogs/faq and on the phrasings of the shipped
FAQ, each left out in turn (``checking.confusable_phrasings``): no wrong answer in either.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Weights of the scores and limits of the actions; all between 0 and 1."""

    #: Writing, reading (English: words), ideas.
    channels: tuple[float, float, float]
    #: Best phrasing, second best phrasing, share of the text that the topic knows.
    parts: tuple[float, float, float]
    #: A sentence of the answer counts this much of a phrasing.
    answer_weight: float
    #: So near a phrasing that it is answered whatever else holds, with this lead over the second topic.
    certain: float
    certain_lead: float
    #: Near enough to answer a text marked as a question, when the second topic has at most this share
    #: of the score and the topic speaks of every idea in the text.
    answer: float
    answer_second_share: float
    #: Near enough that a topic for people goes to a person.
    person: float
    #: The same, when the text speaks of something that only this topic is about (a death).
    person_said_so: float
    #: ... with this lead over the second topic.
    person_lead: float
    #: Near enough to be offered: a question, and a text that is not marked as one.
    offer: float
    offer_statement: float
    #: Topics below this share of the best are not offered beside it.
    offer_share: float
    #: Near enough to another business of the bank.
    other: float
    #: The topic of the open question is that much more likely.
    question_bonus: float


#: A text that is neither an answer nor marked as a question is offered topics only from here on: below lie
#: replies with a slip in them (パートで働いてます), which are better told how to answer.
OFFER_FOR_FAILED_ANSWER = 0.40

CALIBRATIONS = MappingProxyType(
    {
        "ja": Calibration(
            channels=(0.35, 0.40, 0.25),
            parts=(0.60, 0.15, 0.25),
            answer_weight=0.5,
            certain=0.80,
            certain_lead=0.30,
            answer=0.40,
            answer_second_share=0.45,
            person=0.40,
            person_said_so=0.20,
            person_lead=0.10,
            offer=0.24,
            offer_statement=0.27,
            offer_share=0.55,
            other=0.35,
            question_bonus=0.15,
        ),
        "en": Calibration(
            channels=(0.35, 0.40, 0.25),
            parts=(0.60, 0.15, 0.25),
            answer_weight=0.5,
            certain=0.80,
            certain_lead=0.30,
            answer=0.55,
            answer_second_share=0.45,
            person=0.40,
            person_said_so=0.20,
            person_lead=0.10,
            offer=0.24,
            offer_statement=0.27,
            offer_share=0.55,
            other=0.35,
            question_bonus=0.15,
        ),
    }
)
