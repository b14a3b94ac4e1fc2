"""The sample of conversations that is played, and from which all others are drawn.

Promise: everybody who talks to the bot in a simulation goes through a conversation that somebody of his kind has had
with the real form.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

from bot.content_sources import sources
from bot.forecast.assumptions import Assumptions
from bot.forecast.chance import Chance
from bot.forecast.talking import Played, Stage, play
from bot.settings import Settings
from dialogs.conversation.understanding import Understanding
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire
from dialogs.definition.yaml_format import load_shipped, read_canonical
from dialogs.faq.matcher import matcher_for
from dialogs.faq.topics import in_voice, load_shipped as load_topics
from dialogs.questionnaires import KINDS
from locales import load_catalogue

_LANGUAGE = "ja"


def forms_of(content_dir: Path | None) -> dict[str, Questionnaire]:
    """The bank's own forms, or those that come with the program."""
    if content_dir is None:
        return {name: load_shipped(name) for name in KINDS}
    found = {one.name: one.body for one in sources(content_dir) if one.kind == "questionnaire"}
    return {name: read_canonical(found[name]) for name in KINDS}


def make_stage(settings: Settings, start: datetime) -> Stage:
    """Form, texts and understanding, without the sentence encoder: what is asked of it here is asked in its words."""
    topics = load_topics(_LANGUAGE)
    catalogue = load_catalogue(_LANGUAGE)
    facts = {
        "bank_name": settings.bank_name,
        "bank_phone": settings.bank_phone,
        "channel_name": catalogue.text("fact.channel_chat"),
        "due_on": catalogue.text("fact.due_on"),
    }
    spoken = in_voice(_LANGUAGE, {_LANGUAGE: {topic.id: topic for topic in topics}})
    return Stage(
        forms=forms_of(settings.content_dir),
        understanding=Understanding({_LANGUAGE: matcher_for(topics, _LANGUAGE, "off")}),
        voice=Voice(catalogue=catalogue, topics=spoken, facts=facts),
        questions=tuple(topic.question for topic in topics if not topic.handover),
        start=start.astimezone(ZoneInfo(settings.time_zone)),
    )


def play_sample(
    settings: Settings, assumptions: Assumptions, seed: int, start: datetime, size: int, part: int = 0, of: int = 1
) -> list[Played]:
    """So many conversations, an equal number of each persona with each form and one of each at least.

    Or one ``part`` of several of them.
    """
    stage, chance = make_stage(settings, start), Chance(seed)
    kinds = [(form, name) for form in KINDS for name in assumptions.personas]
    wanted = [(*kinds[number % len(kinds)], number // len(kinds)) for number in range(max(size, len(kinds)))]
    return [
        play(stage, form, name, assumptions.personas[name], chance, number)
        for place, (form, name, number) in enumerate(wanted)
        if place % of == part
    ]


class Sample:
    """What was played, for drawing from."""

    def __init__(self, played: Sequence[Played], chance: Chance) -> None:
        self.played = played
        self._chance = chance
        self._by_kind: Mapping[tuple[str, str], list[Played]] = defaultdict(list)
        for one in played:
            self._by_kind[one.form, one.persona].append(one)

    def draw(self, form: str, persona: str, *occasion: object) -> Played:
        """A conversation of somebody of this kind."""
        found = self._by_kind[form, persona]
        return found[int(self._chance.of("talk", *occasion) * len(found))]


def summary(played: Sequence[Played]) -> dict[str, Any]:
    """How the sample went, as it stands in ``summary.json``."""
    outcomes = Counter(one.outcome for one in played)
    left = Counter(one.question for one in played if one.outcome == "left" and one.question)
    done = [one.seconds for one in played if one.outcome == "completed"]
    turns = [one.turns for one in played if one.outcome == "completed"]
    return {
        "played": len(played),
        "outcomes": dict(sorted(outcomes.items())),
        "left_at": dict(left.most_common()),
        "median_minutes": round(median(done) / 60, 1) if done else None,
        "median_turns": median(turns) if turns else None,
    }
