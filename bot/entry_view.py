"""A form that is being entered, as the page shows it: how each text was read, and what the bank holds, masked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.console.entry_desk import EntryLine, EntryView, Told
from dialogs.conversation.answering import from_master
from dialogs.conversation.events import AnswerState, Key
from dialogs.conversation.filling import Filled, Line, moving
from dialogs.conversation.form import Position
from dialogs.definition.model import Question, Questionnaire, QuestionType, pick
from dialogs.replies.masking import mask
from storage.cases import Case
from storage.customers import Customer
from storage.entries import Entry


def view_of(
    entry: Entry, case: Case, customer: Customer, definition: Questionnaire, logins: Mapping[str, str]
) -> EntryView:
    """What stands above the form."""
    return EntryView(
        entry_id=entry.id,
        case_id=entry.case_id,
        version=entry.version,
        state=entry.state,
        medium=entry.medium,
        scan_no=entry.scan_no or "",
        said_by=entry.said_by,
        doubled=entry.doubled,
        title=pick(definition.title, entry.locale, definition.default_language),
        customer_no=case.customer_no,
        check_number=case.check_number,
        name=mask("name", customer.fields.get("name", "")),
        opened_by=logins.get(entry.opened_by, ""),
        opened_at=entry.opened_at,
        saved_by=logins.get(entry.saved_by, ""),
        saved_at=entry.saved_at,
    )


def lines_of(filled: Filled, saved: Mapping[Key, str], withheld: Mapping[Key, str]) -> tuple[EntryLine, ...]:
    """The places of the form; ``saved`` are texts of somebody else that differ, ``withheld`` kinds of secrets."""
    moves, numbers = moving(filled.position.definition), _numbers(filled.position.definition)
    found = []
    for line in filled.lines:
        key = line.slot.key
        problem, state = _problem(filled.position, line), _state(line)
        if key in withheld:
            problem, state = Told(key="console.entry.problem.secret", params={"kind": withheld[key]}), "problem"
        number = numbers.get(key.question, "")
        found.append(
            EntryLine(
                key=str(key),
                number=f"{number}-{key.instance}" if number and key.instance else number,
                label=_label(filled.position, line),
                choices=tuple(_choices(filled.position, line)),
                kind=_kind(line.slot.question),
                registered=_registered(filled.position, line),
                text=line.text,
                state=state,
                display=shown(line),
                problem=problem,
                moves=key.question in moves,
                calls=line.calls,
                saved=saved.get(key, ""),
            )
        )
    return tuple(found)


def shown(line: Line) -> str:
    """How the text at a place was read."""
    answer = line.answer
    if answer is None:
        return ""
    return answer.display or (answer.value if line.slot.question is not None else "")


def _numbers(definition: Questionnaire) -> dict[str, str]:
    """Each question's number, as on paper: all of them count, whether they are relevant or not."""
    asked = [question.name for question in definition.questions if question.is_asked]
    return {name: str(number) for number, name in enumerate(asked, start=1)}


def _label(position: Position, line: Line) -> str:
    question, repeat = line.slot.question, line.slot.repeat
    words = repeat.label if question is None and repeat is not None else {} if question is None else question.label
    return pick(words, position.state.locale, position.definition.default_language)


def _kind(question: Question | None) -> str:
    if question is None or question.type is QuestionType.ACKNOWLEDGE:
        return "yes_no"
    if question.is_select:
        return "choices" if question.type is QuestionType.SELECT_MULTIPLE else "choice"
    return "text"


def _choices(position: Position, line: Line) -> Iterator[tuple[str, str]]:
    question = line.slot.question
    if question is not None and question.is_select:
        for number, choice in enumerate(position.choices(question, line.slot.key), start=1):
            words = pick(choice.label, position.state.locale, position.definition.default_language)
            yield str(number), words


def _registered(position: Position, line: Line) -> str:
    known = from_master(position, line.slot)
    return "" if known is None else known.display


def _state(line: Line) -> str:
    if line.problem is not None:
        return "problem"
    answer = line.answer
    if answer is None:
        return "missing"
    if answer.marked:
        return "check"
    if answer.state is AnswerState.ANSWERED and not answer.value:
        return "empty"
    return answer.state.value


def _problem(position: Position, line: Line) -> Told | None:
    """Why a text is no answer, or what speaks against it; of the form's own words where it has some."""
    question, problem = line.slot.question, line.problem
    if question is None or (problem is None and (line.answer is None or not line.answer.marked)):
        return None if problem is None else Told(key=f"problem.{problem.code}", params=dict(problem.params))
    if problem is None:
        own = question.bot.check_message
        code = "entry.check"
    else:
        code = problem.code
        own = question.constraint_message if code == "constraint" else {}
        own = question.required_message if code == "entry.needed" else own
    if own:
        return Told(text=pick(own, position.state.locale, position.definition.default_language))
    return Told(key=f"problem.{code}", params={} if problem is None else dict(problem.params))
