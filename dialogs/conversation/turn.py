"""One turn in the making: recording facts, accepting answers, asking what comes next.

``engine`` decides which of these happens; here is how each of them is done.  A ``Turn`` lives for
one ``step`` and never leaves it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from dialogs.conversation import asking, events as ev, people
from dialogs.conversation.answering import Taken, from_master, offered_value, read_back
from dialogs.conversation.events import AnswerState, Event, Form, Key
from dialogs.conversation.form import Position, Slot
from dialogs.conversation.lists import ListLimits
from dialogs.conversation.open_prompts import OpenPrompt
from dialogs.conversation.prompts import Button, MessageKind, Phrase, Piece, Prompt, Wording
from dialogs.conversation.speaking import speaker
from dialogs.conversation.state import State, apply
from dialogs.conversation.steps import Leave, Step
from dialogs.conversation.vocabulary import ANSWERED, UNCHANGED
from dialogs.definition.model import Question, Questionnaire
from dialogs.records import changed, maker
from dialogs.replies.base import Problem

#: Failures at one question after which a person is offered.
OFFER_PERSON_AFTER = 3

_asked, _answered, _step = maker(ev.Asked), maker(ev.Answered), maker(Step)
_NOTICE, _RECEIPT = Phrase(key="alt.notice"), Phrase(key="alt.receipt")


class Turn:
    """Collects what one input leads to."""

    def __init__(
        self,
        definition: Questionnaire,
        state: State,
        now: datetime,
        lists: ListLimits | None = None,
        staffing: people.Staffing | None = None,
    ) -> None:
        self.definition = definition
        self.state = state
        self.now = now
        self.lists = lists
        #: The staff behind the bot; none where a form is only played.
        self.staffing = staffing
        self.events: list[Event] = []
        self.says: list[Prompt] = []
        self.leaves: list[Leave] = []
        #: The form as it stands now; it goes along with the state.
        self.position = Position(definition, state, now)
        #: The state in which the answers were found to be in line with the form.
        self._in_line: State | None = None

    def done(self) -> Step:
        return _step(events=tuple(self.events), state=self.state, says=tuple(self.says), leaves=tuple(self.leaves))

    def record(self, event: Event) -> None:
        self.events.append(event)
        self.state = apply(self.state, event)
        self.position.move(self.state)

    def say(self, *pieces: Piece, buttons: Sequence[Button] = (), kind: MessageKind = MessageKind.NOTICE) -> None:
        """A bubble that expects nothing; its buttons are the ones that hold anywhere, so it needs no token."""
        self.says.append(
            Prompt(
                kind=kind,
                pieces=pieces,
                buttons=tuple(buttons),
                alt=_RECEIPT if kind is MessageKind.RECEIPT else _NOTICE,
            )
        )

    def next_token(self) -> str:
        return f"p{self.state.asked + 1}"

    # Asking ---------------------------------------------------------------------------------

    def ask_current(
        self, *lead: Piece, only: Sequence[str] | None = None, extra: Sequence[Button] | None = None
    ) -> None:
        """Ask what is to be asked now: the current question in its fitting form, or the review.

        ``only`` narrows the choices to the ones that a reply may have meant.  With it, or with ``extra`` buttons, the
        question itself is asked, whatever could be offered for it.
        """
        self.settle()
        if self.state.renewed:
            lead = (*lead, Phrase(key="engine.form_renewed"))
        position = self.position
        for note in position.pending_notes:
            self.record(ev.NoteShown(at=self.now, key=note.key))
            # What was just understood is said before the note that follows from it.
            self.say(*lead, Wording(field="label", question=note.key.question))
            lead = ()
        slot = position.current
        if slot is None:
            self.ask_review(*lead)
        elif slot.question is None:
            self._open(Form.MORE, slot.key)
            self.says.append(
                asking.yes_no_prompt(self.position, slot, self._prompt, (*lead, Phrase(key="engine.more")))
            )
        else:
            self._ask_question(slot, lead, only, extra)

    def ask_in_place(self, prompt: OpenPrompt, only: Sequence[str]) -> None:
        """The prompt again because of a tap on its own buttons: it changes where it stands, if it can."""
        if prompt.form is Form.WHICH:
            self.ask_which()
        else:
            self.ask_current(only=only)
        self.says[-1] = changed(self.says[-1], replaces=prompt.tokens[-1])

    def ask_again(self, *lead: Piece) -> None:
        """The open prompt once more, in the same form; the position where none is open."""
        prompt = self.state.open
        slot = self.position.slot(prompt.key) if prompt is not None and prompt.key is not None else None
        if prompt is None or (prompt.key is not None and slot is None):
            self.ask_current(*lead)
        elif prompt.form is Form.CONFIRM and slot is not None:
            self.ask_confirm(slot, prompt.value or "", prompt.display or "", prompt.basis, *lead)
        elif prompt.form is Form.CHECK and slot is not None:
            self.ask_check(slot, prompt.value or "", prompt.display or "", prompt.basis, *lead)
        elif prompt.form is Form.WHICH:
            self.ask_which(*lead)
        elif prompt.form in (Form.STOP, Form.UNLINK):
            self.ask_sure(prompt.form, *lead)
        else:
            self.ask_current(*lead)

    def _ask_question(
        self, slot: Slot, lead: Iterable[Piece], only: Sequence[str] | None, extra: Sequence[Button] | None
    ) -> None:
        itself = only is not None or extra is not None
        offered = None if itself else offered_value(self.position, slot)
        if offered is not None:
            basis, taken = offered
            self._open(Form.OFFERED, slot.key, value=taken.value, display=taken.display, basis=basis)
            self.says.append(asking.offered_prompt(self.position, slot, self._prompt, lead))
            return
        answer = self.state.answers.get(slot.key)
        if answer is not None and self.state.correcting != slot.key and not itself:
            if self.position.is_valid(slot, answer):
                # It fits by itself, but something else was changed that speaks against it now.
                display = read_back(self.position, slot.question, answer)
                self.ask_check(slot, answer.value, display, answer.content_id, *lead)
                return
            lead = (*lead, Phrase(key="engine.no_longer_fits"))
        assert slot.question is not None
        several = slot.question.takes_several
        self.record(
            _asked(
                at=self.now,
                token=self.next_token(),
                form=Form.QUESTION,
                key=slot.key,
                only=tuple(only or ()),
                # A multiple choice that is asked again has its choices ticked already.
                selection=answer.codes if answer is not None and several else (),
            )
        )
        self.says.append(asking.question_prompt(self.position, slot, self._prompt, lead, self.lists, extra or ()))

    def ask_confirm(self, slot: Slot, value: str, display: str, content_id: str | None, *lead: Piece) -> None:
        """Echo what was read: is it right?"""
        self._open(Form.CONFIRM, slot.key, value=value, display=display, basis=content_id)
        pieces = (*lead, Phrase(key="engine.confirm", params={"value": display}, of=content_id))
        self.says.append(
            asking.yes_no_prompt(self.position, slot, self._prompt, pieces, yes="button.right", no="button.retype")
        )

    def ask_check(self, slot: Slot, value: str, display: str, content_id: str | None, *lead: Piece) -> None:
        """A cross check spoke against the answer: politely once more."""
        assert slot.question is not None
        self._open(Form.CHECK, slot.key, value=value, display=display, basis=content_id)
        message: Piece = Phrase(key="engine.check")
        if slot.question.bot.check_message:
            message = Wording(field="check_message", question=slot.question.name)
        pieces = (*lead, message, Phrase(key="engine.check_value", params={"value": display}, of=content_id))
        self.says.append(
            asking.yes_no_prompt(self.position, slot, self._prompt, pieces, yes="button.as_is", no="button.change")
        )

    def ask_review(self, *lead: Piece) -> None:
        self._open(Form.REVIEW)
        self.says.append(asking.review_prompt(self.position, self._prompt, lead))

    def ask_which(self, *lead: Piece) -> None:
        self._open(Form.WHICH)
        self.says.append(asking.which_prompt(self.position, self._prompt, lead, self.lists))

    def ask_sure(self, form: Form, *lead: Piece) -> None:
        """STOP or UNLINK: is the customer sure?"""
        self._open(form)
        slot = Slot(Key(""), None)
        pieces = (*lead, Phrase(key=f"engine.sure_{form.value}"))
        self.says.append(
            asking.yes_no_prompt(
                self.position, slot, self._prompt, pieces, yes=f"button.{form.value}", no="button.go_on"
            )
        )

    @property
    def _prompt(self) -> OpenPrompt:
        assert self.state.open is not None
        return self.state.open

    def _open(
        self,
        form: Form,
        key: Key | None = None,
        *,
        value: str | None = None,
        display: str | None = None,
        basis: str | None = None,
        only: tuple[str, ...] = (),
        selection: tuple[str, ...] = (),
    ) -> None:
        self.record(
            _asked(
                at=self.now,
                token=self.next_token(),
                form=form,
                key=key,
                value=value,
                display=display,
                basis=basis,
                only=only,
                selection=selection,
            )
        )

    # Answers --------------------------------------------------------------------------------

    def offer_answer(
        self, slot: Slot, taken: Taken, content_id: str | None, *, typed: bool, echo: bool = False
    ) -> None:
        """An answer was understood: check it against the form, echo where that is wanted, then take it."""
        question = slot.question
        assert question is not None
        if not self.position.is_allowed(slot, taken.value):
            self.refuse(slot, Problem(code="constraint"))
        elif typed and question.bot.confirm:
            self.ask_confirm(slot, taken.value, taken.display, content_id)
        else:
            self.check_answer(slot, taken.value, taken.display, content_id, echo=echo)

    def check_answer(self, slot: Slot, value: str, display: str, content_id: str | None, *, echo: bool) -> None:
        """Cross checks speak once; then the answer is taken."""
        question = slot.question
        assert question is not None
        state = self.state_of(slot, value)
        if question.bot.check is not None:
            answered = self._answered(slot.key, value, display, state, content_id)
            then = self.position.after(apply(self.state, answered))
            if not then.truth(question.bot.check, slot.key, value):
                self.ask_check(slot, value, display, content_id)
                return
        self.take(slot, value, display, state, content_id, echo=echo)

    def state_of(self, slot: Slot, value: str) -> AnswerState:
        """Unchanged where the bank's own value was confirmed, otherwise answered."""
        known = from_master(self.position, slot)
        same = known is not None and known.value == value and slot.key not in self.state.changes
        return UNCHANGED if same else ANSWERED

    def take(
        self,
        slot: Slot,
        value: str,
        display: str,
        state: AnswerState,
        content_id: str | None,
        *,
        echo: bool = False,
        marked: bool = False,
    ) -> None:
        """Record the answer and go on: end, hand over, or the next question."""
        self.record(self._answered(slot.key, value, display, state, content_id, marked=marked))
        self.settle()
        question = slot.question
        if question is not None and question.bot.end is not None and self.position.truth(question.bot.end, slot.key):
            self.end(f"form:{question.name}", slot.key)
            return
        handover = None if question is None else question.bot.handover
        if question is not None and handover is not None and self.position.truth(handover, slot.key):
            self.call_person(f"handover:{question.name}", key=slot.key)
            return
        lead = (Phrase(key="engine.echo", params={"value": display}, of=content_id),) if echo and display else ()
        self.ask_current(*lead)

    def _answered(
        self,
        key: Key,
        value: str,
        display: str,
        state: AnswerState,
        content_id: str | None,
        *,
        marked: bool = False,
    ) -> ev.Answered:
        return _answered(
            at=self.now,
            key=key,
            value=value,
            display=display,
            state=state,
            locale=self.state.locale,
            by=speaker(self.position, key, value),
            content_id=content_id,
            marked=marked,
        )

    def refuse(self, slot: Slot, problem: Problem) -> None:
        """The reply was not taken: say why with an example, then a narrower way, then offer a person."""
        self.record(ev.Refused(at=self.now, key=slot.key, problem=problem.code))
        failures = self._prompt.failures if self.state.open is not None else 1
        lead = [self._problem_piece(slot, problem)]
        to_type = slot.question is not None and not slot.question.is_select
        example = problem.example if to_type and not self._constraint_text(slot.question, problem) else None
        if example:
            lead.append(Phrase(key="engine.example", params={"example": example}))
        if failures == OFFER_PERSON_AFTER - 1 and (example or not to_type):
            lead.append(Phrase(key="engine.second_try_text" if to_type else "engine.second_try"))
        extra: Sequence[Button] = ()
        if failures == OFFER_PERSON_AFTER and self.staffing is not None and self.staffing.is_open:
            self.call_person(f"third_failure:{slot.key.question}", *lead)
            return
        if failures >= OFFER_PERSON_AFTER:
            lead.append(Phrase(key="engine.offer_person"))
            extra = (asking.STAFF,)
        prompt = self.state.open
        if slot.question is None or prompt is None or prompt.form is not Form.QUESTION:
            self.ask_again(*lead)
        else:
            # All choices again: the few that a reply may have meant were not it.
            self.ask_current(*lead, extra=extra)

    def _problem_piece(self, slot: Slot, problem: Problem) -> Piece:
        field = self._constraint_text(slot.question, problem)
        if field and slot.question is not None:
            return Wording(field=field, question=slot.question.name)
        if slot.question is not None and slot.question.is_select and problem.code.startswith("yes_no."):
            # Which buttons the question has, the reader of yes and no does not know.
            return Phrase(key="engine.either")
        return Phrase(key=f"problem.{problem.code}", params=dict(problem.params))

    @staticmethod
    def _constraint_text(question: Question | None, problem: Problem) -> str:
        if question is not None and problem.code == "constraint" and question.constraint_message:
            return "constraint_message"
        if question is not None and problem.code == "required" and question.required_message:
            return "required_message"
        return ""

    def settle(self) -> None:
        """Bring the answers in line with the form: set aside what is irrelevant, mark what this channel may not ask."""
        while self._in_line is not self.state:
            position, answers = self.position, self.state.answers
            if not (position.straight or answers.keys() <= position.places.keys()):
                for key in [key for key in answers if key not in position.places]:
                    self.record(ev.SetAside(at=self.now, key=key))
                continue
            slot = position.current
            if slot is not None and position.is_elsewhere(slot):
                self.record(self._answered(slot.key, "", "", AnswerState.OTHER_CHANNEL, None))
            else:
                self._in_line = self.state

    # Leaving and returning ------------------------------------------------------------------

    def end(self, reason: str, key: Key | None = None) -> None:
        """Close without a submission; the customer may come back at any time."""
        self.record(ev.Ended(at=self.now, reason=reason, key=key))
        self.say(Phrase(key="engine.ended"), buttons=(asking.RESUME, asking.STAFF))

    def call_person(self, reason: str, *lead: Piece, key: Key | None = None) -> None:
        """A person takes over as soon as one is free; ``key`` is the answer that called for one."""
        people.call(self, reason, *lead, key=key)

    def go_on(self, *lead: Piece) -> None:
        """Whatever is due now in the state the conversation is in."""
        if self.state.completed:
            self.say(*lead, self.receipt())
        elif self.state.ended is not None:
            self.say(*lead, Phrase(key="engine.ended"), buttons=(asking.RESUME, asking.STAFF))
        elif self.state.paused:
            self.say(*lead, Phrase(key="engine.paused"), buttons=(asking.RESUME,))
        else:
            self.ask_again(*lead)

    def receipt(self) -> Phrase:
        return Phrase(key="engine.already_completed", params={"receipt_no": self.state.receipt_no})
