"""Random customers over random forms: valid replies, side steps, and what a submission must be."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from hypothesis import HealthCheck, settings, strategies as st

from dialogs.conversation import inputs as inp
from dialogs.conversation.events import AnswerState, Form, Owner
from dialogs.definition.model import Questionnaire, QuestionType
from tests.dialogs.conversation.machine_forms import MASTER
from tests.dialogs.conversation.talking import Talk

VALID = {
    QuestionType.TEXT: ("りんご", "みかん", "090-1234-5678", "03-1234-5678"),
    QuestionType.INTEGER: ("3", "7", "13", "42", "八"),
    QuestionType.DATE: ("2026-12-01", "昭和30年4月1日"),
    QuestionType.ACKNOWLEDGE: ("はい",),
}
ASIDES: tuple[Callable[[Talk], object], ...] = (
    lambda talk: talk.type("いつまでに答えればいいですか"),
    lambda talk: talk.type("使い方"),
    lambda talk: talk.option("why"),
    lambda talk: talk.option("verify"),
    lambda talk: talk.option("q.F01"),
    lambda talk: talk.send(inp.MediaSent(media="sticker")),
    lambda talk: talk.send(inp.SecretWithheld(secret="pin")),
    lambda talk: talk.option("c0", token="stale"),
    lambda talk: talk.send(inp.Returned()),
    lambda talk: (talk.staff_takes(), talk.hand_back()),
    lambda talk: (talk.option("staff"), talk.staff_takes(), talk.type("りんご"), talk.hand_back()),
    lambda talk: (talk.option("staff"), talk.option("resume")),
    lambda talk: (talk.option("later"), talk.option("resume")),
    lambda talk: (talk.type("英語で"), talk.type("日本語で")),
    lambda talk: (talk.type("連携解除"), talk.type("いいえ")),
)


def reply(talk: Talk, random: Random) -> str:
    """A valid reply to whatever is open."""
    prompt = talk.open
    match prompt.form:
        case Form.OFFERED:
            return random.choice(["+same", "+same", "+diff"])
        case Form.CONFIRM | Form.CHECK:
            return "+yes"
        case Form.MORE:
            return random.choice(["+yes", "+no"])
        case Form.REVIEW:
            return "+submit"
    assert prompt.key is not None
    question = talk.definition.question(prompt.key.question)
    if question.is_select:
        names = [choice.name for choice in talk.position.choices(question, prompt.key)]
        return "=" + random.choice(names)
    texts = VALID[question.type]
    if question.bot.kind == "phone":
        texts = texts[2:]
    return random.choice(texts)


def give(talk: Talk, said: str) -> None:
    if said.startswith("+"):
        talk.option(said[1:])
    elif said.startswith("="):
        talk.pick(said[1:])
    else:
        talk.type(said)


def settle(talk: Talk) -> None:
    """Out of whatever a valid reply may lead to: a person, or an end."""
    if talk.state.owner is not Owner.BOT:
        talk.staff_takes()
        talk.hand_back()
    if talk.state.ended is not None:
        talk.option("resume")


def finish(talk: Talk, seed: int, beside: Callable[[Talk, int], None] = lambda talk, turn: None) -> list[str]:
    """Valid replies to the end; what was said.  Fails when the end is not reached in a bounded number of turns."""
    random = Random(seed)
    said: list[str] = []
    limit = 40 + 12 * len(talk.definition.questions)
    while not talk.state.completed:
        assert len(said) < limit, f"no end in sight at {talk.asked} {talk.shape}: {said[-12:]}"
        beside(talk, len(said))
        said.append(reply(talk, random))
        give(talk, said[-1])
        settle(talk)
    return said


def is_whole(talk: Talk) -> None:
    """The submission holds exactly what the form wants."""
    position, answers = talk.position, talk.state.answers
    assert set(answers) == {slot.key for slot in position.asked_slots}
    for slot in position.asked_slots:
        answer = answers[slot.key]
        assert position.is_valid(slot, answer)
        if slot.question is None:
            assert answer.value in ("yes", "no")
            continue
        if answer.state is AnswerState.OTHER_CHANNEL:
            assert slot.question.bot.sensitive
            assert not talk.sensitive_allowed
        elif answer.state is AnswerState.DECLINED:
            assert slot.question.bot.decline.value != "none"
        elif not answer.value:
            assert not position.is_required(slot)
    assert [event.kind for event in talk.events].count("confirmed") == 1


def start(definition: Questionnaire, sensitive_allowed: bool) -> Talk:
    return Talk(definition, master=MASTER, sensitive_allowed=sensitive_allowed)


QUICK = settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
LONG = settings(QUICK, max_examples=500)
SEEDS = st.integers(0, 2**32)


def wander(talk: Talk, random: Random, turns: int) -> None:
    """A customer who answers, goes back, corrects, asks beside, pauses, calls a person, in any order."""
    for _ in range(turns):
        if talk.state.completed:
            return
        if talk.state.owner is not Owner.BOT or talk.state.ended is not None:
            settle(talk)
        elif talk.state.paused:
            talk.option("resume")
        elif talk.state.open is None:
            # The form was renewed beneath it.
            talk.send(inp.Returned())
        elif talk.shape in (Form.STOP, Form.UNLINK):
            talk.option("no")
        elif talk.shape is Form.WHICH:
            talk.option("review")
        else:
            _step(talk, random)


def _step(talk: Talk, random: Random) -> None:
    match random.randrange(20):
        case 0 | 1:
            talk.type("戻る")
        case 2 | 3 | 4 if talk.state.answers:
            key = random.choice(sorted(talk.state.answers))
            talk.send(inp.AskedToCorrect(question=key.question, instance=key.instance))
        case 5:
            random.choice(ASIDES)(talk)
        case 6:
            talk.option(random.choice(["later", "staff", "fix"]))
        case 7:
            talk.type(random.choice(["スキップ", "わからない", "99", "ぶどう"]))
        case _ if talk.shape is Form.REVIEW and random.random() < 0.7:
            talk.option("fix")
        case _:
            give(talk, reply(talk, random))
