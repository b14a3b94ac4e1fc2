"""The moves that several ways of replying lead to: aside, resume, back, correct, submit."""

from __future__ import annotations

from dialogs.conversation import events as ev, people
from dialogs.conversation.events import Form, Key, Owner
from dialogs.conversation.prompts import Button, FaqText, MessageKind, Phrase, Wording
from dialogs.conversation.turn import Turn
from dialogs.definition.model import Question


def aside(turn: Turn, *pieces: Phrase | FaqText | Wording, buttons: tuple[Button, ...] = ()) -> None:
    """Say something beside the questionnaire, then the same question again."""
    turn.say(*pieces, buttons=buttons)
    if turn.state.owner is Owner.BOT and not turn.state.is_over and not turn.state.paused:
        turn.ask_again()


#: What is not answered in words of its own, by the names that the platforms give it.
_MEDIA = {"photo": "image", "voice": "audio", "document": "file", "animation": "video", "video_note": "video"}
_OWN_WORDS = frozenset({"image", "video", "audio", "file", "sticker", "location"})


def about_media(media: str) -> Phrase:
    """A kind word about something that is no answer, fitting what it is."""
    name = _MEDIA.get(media, media)
    return Phrase(key=f"engine.media_{name if name in _OWN_WORDS else 'other'}")


def topic(turn: Turn, topic: str) -> None:
    _record_topic(turn, topic)
    aside(turn, FaqText(topic=topic))


def _record_topic(turn: Turn, topic: str) -> None:
    """A topic that was asked for by its button or command, not matched."""
    turn.record(ev.FaqShown(at=turn.now, topics=(topic,), action="answer", version="", score=1.0))


def explain(turn: Turn, question: Question) -> bool:
    """All that the author wrote about a question: its hint, why it is asked, its topic; false where nothing is."""
    pieces: list[Wording | FaqText] = [
        Wording(field=field, question=question.name)
        for field, text in (("hint", question.hint), ("why", question.bot.why))
        if text
    ]
    name = question.bot.faq
    if name:
        _record_topic(turn, name)
        # A topic may be withdrawn while questionnaires still name it.
        pieces.append(FaqText(topic=name, field="answer_if_any" if pieces else "answer"))
    if pieces:
        aside(turn, *pieces)
    return bool(pieces)


def resume(turn: Turn, *lead: Phrase) -> None:
    if turn.state.owner is Owner.WAITING:
        _leave_the_line(turn)
        return
    if turn.state.ended is not None:
        turn.record(ev.Reopened(at=turn.now))
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    turn.go_on(*lead)


def _leave_the_line(turn: Turn) -> None:
    """The customer would rather go on than wait: at the answer that called for a person, never past it."""
    key = turn.state.handover_at
    if key is not None and key in turn.state.answers:
        turn.record(ev.SetAside(at=turn.now, key=key))
    people.back_to_bot(turn, "customer_returned", Phrase(key="handover.customer_returned"))


def back(turn: Turn) -> None:
    if turn.state.open is not None and turn.state.open.form in (Form.STOP, Form.UNLINK):
        turn.record(ev.PromptClosed(at=turn.now))
        turn.go_on()
        return
    previous = turn.position.previous
    if previous is None:
        turn.ask_again(Phrase(key="engine.no_way_back"))
        return
    turn.record(ev.CorrectionOpened(at=turn.now, key=previous.key))
    turn.ask_current()


def correct(turn: Turn, key: Key) -> None:
    slot = turn.position.slot(key)
    if turn.state.is_over:
        turn.go_on()
        return
    if slot is None or key not in turn.state.answers:
        turn.ask_again(Phrase(key="engine.not_correctable"))
        return
    if turn.position.is_elsewhere(slot):
        turn.ask_again(Phrase(key="engine.elsewhere"))
        return
    if turn.state.paused:
        turn.record(ev.Resumed(at=turn.now))
    turn.record(ev.CorrectionOpened(at=turn.now, key=key))
    turn.ask_current()


def ask_once_more(turn: Turn, keys: tuple[Key, ...], receipt_no: str) -> None:
    """Ask some submitted answers again, in the order of the form; the rest stays as it was confirmed."""
    if not turn.state.completed:
        turn.go_on()
        return
    turn.record(ev.AskedOnceMore(at=turn.now, keys=keys, receipt_no=receipt_no))
    turn.ask_current(Phrase(key="engine.asked_once_more"))


def submit(turn: Turn) -> None:
    """Everything relevant is answered: record the submission and give the receipt."""
    if turn.position.current is not None:
        turn.ask_current()
        return
    turn.record(ev.Confirmed(at=turn.now))
    turn.say(
        Phrase(key="engine.receipt", params={"receipt_no": turn.state.receipt_no}),
        Phrase(key="engine.after_receipt"),
        kind=MessageKind.RECEIPT,
    )
