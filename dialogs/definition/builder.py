"""Builds a ``Questionnaire`` from a source tree; refuses by name and place whatever it does not know.

All issues of a source are found in one go.  This module knows which columns belong to which type;
what the questions mean together is judged by the checker.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from dialogs.definition.cells import CODE, LANGUAGE, NAME, RowReader, nearest
from dialogs.definition.issues import DefinitionError, Issue, Place
from dialogs.definition.model import BotColumns, Choice, Decline, Group, Question, Questionnaire, QuestionType
from dialogs.definition.source_tree import Cell, Rows, Table, Tree, canonical_json, sha256_of
from dialogs.definition.versions import IMPOSSIBLE, ChangeKind, Policy
from dialogs.definition.vocabulary import (
    ANSWER_COLUMNS,
    BOT_COLUMNS,
    BOUNDARIES,
    KYC_ITEMS,
    READER_KINDS,
    SELECTS,
    SETTINGS_COLUMNS,
    SURVEY_COLUMNS,
)
from dialogs.definition.xlsform_words import advice_for


@dataclass(frozen=True)
class _Open:
    """A group or repeat whose end has not come yet."""

    name: str
    repeat: bool
    place: Place


def build(tree: Tree, *, origin: str) -> Questionnaire:
    """The questionnaire of a source tree; raises ``DefinitionError`` with all its issues."""
    return _Builder(tree, origin).build()


class _Builder:
    def __init__(self, tree: Tree, origin: str) -> None:
        self._tree = tree
        self._origin = origin
        self._issues: list[Issue] = []
        self._questions: list[Question] = []
        self._groups: dict[str, Group] = {}
        self._open: list[_Open] = []

    def build(self) -> Questionnaire:
        if not isinstance(self._tree, Table):
            raise DefinitionError([Issue(code="not_a_questionnaire", place=Place())], origin=self._origin)
        top = RowReader(self._tree, Place(), self._issues)
        sheets = {name: top.node(name) for name in ("settings", "survey", "choices")}
        top.refuse_rest(sheets)
        for name in ("settings", "survey"):
            if sheets[name] is None:
                top.note("missing_column", column=name)
        settings = self._settings(sheets["settings"])
        choices = self._choices(sheets["choices"])
        self._survey(sheets["survey"])
        if self._issues:
            raise DefinitionError(self._issues, origin=self._origin)
        return replace(
            settings,
            questions=tuple(self._questions),
            groups=MappingProxyType(self._groups),
            choices=MappingProxyType(choices),
            sha256=sha256_of(canonical_json(self._tree)),
        )

    def _shape(self, sheet: str, expected: str, line: int) -> None:
        self._issues.append(
            Issue(code="wrong_shape", place=Place(sheet=sheet, line=line), params={"expected": expected})
        )

    def _settings(self, tree: Tree | None) -> Questionnaire:
        if tree is not None and not isinstance(tree, Table):
            self._shape("settings", "mapping", tree.line)
        row = RowReader(tree if isinstance(tree, Table) else Table(), Place(sheet="settings"), self._issues)
        given = isinstance(tree, Table)
        form_id = row.name("id") if given else ""
        title = row.texts("title")
        language = row.text("default_language") or "ja"
        if not LANGUAGE.fullmatch(language):
            row.note("bad_language", "default_language", language=language[:64])
        version = row.text("version")
        for column, value in (("version", version), ("title", title)):
            if given and not value:
                row.note("missing_column", column, column=column)
        items = row.words("required_items")
        for item in items:
            if item not in KYC_ITEMS:
                row.note("bad_value", "required_items", value=item[:64], suggestion=nearest(item, KYC_ITEMS))
        upgrade = self._upgrade(row)
        row.refuse_rest(SETTINGS_COLUMNS)
        return Questionnaire(
            id=form_id,
            version=version,
            title=title,
            default_language=language,
            required_items=items,
            upgrade=upgrade,
            questions=(),
            groups={},
            choices={},
            sha256="",
        )

    @staticmethod
    def _upgrade(row: RowReader) -> Mapping[str, str]:
        """``narrowing=ask``: what happens to open conversations that a change of this class touches."""
        known = [f"{kind}={policy}" for kind in ChangeKind for policy in Policy if (kind, policy) not in IMPOSSIBLE]
        found: dict[str, str] = {}
        for word in row.words("upgrade"):
            kind, _, policy = word.partition("=")
            if word not in known or kind in found:
                row.note("bad_value", "upgrade", value=word[:64], suggestion=nearest(word, known))
            found[kind] = policy
        return MappingProxyType(found)

    def _choices(self, tree: Tree | None) -> dict[str, tuple[Choice, ...]]:
        if tree is None:
            return {}
        if not isinstance(tree, Table):
            self._shape("choices", "mapping", tree.line)
            return {}
        lists: dict[str, tuple[Choice, ...]] = {}
        for list_name, rows in tree.entries.items():
            place = Place(sheet="choices", name=list_name, line=rows.line)
            if not NAME.fullmatch(list_name):
                self._issues.append(Issue(code="bad_name", place=place, params={"name": list_name[:64]}))
            if not isinstance(rows, Rows):
                self._issues.append(Issue(code="wrong_shape", place=place, params={"expected": "list"}))
                continue
            found = [self._choice(list_name, number, row) for number, row in enumerate(rows.items, 1)]
            lists[list_name] = tuple(choice for choice in found if choice is not None)
        return lists

    def _choice(self, list_name: str, number: int, tree: Tree) -> Choice | None:
        place = Place(sheet="choices", row=number, name=list_name, line=tree.line)
        if not isinstance(tree, Table):
            self._issues.append(Issue(code="wrong_shape", place=place, params={"expected": "mapping"}))
            return None
        row = RowReader(tree, place, self._issues)
        name = row.name("name", pattern=CODE)
        row.place = replace(row.place, name=f"{list_name}/{name}")
        label, button = row.texts("label"), row.texts("button")
        extra: dict[str, str] = {}
        for column in row.rest():
            if not NAME.fullmatch(column):
                row.note("bad_name", column, name=column[:64])
            elif value := row.text(column):
                extra[column] = value
        return Choice(name=name, label=label, button=button, extra=MappingProxyType(extra))

    def _survey(self, tree: Tree | None) -> None:
        if tree is None:
            return
        if not isinstance(tree, Rows):
            self._shape("survey", "list", tree.line)
            return
        for number, item in enumerate(tree.items, 1):
            place = Place(sheet="survey", row=number, line=item.line)
            if isinstance(item, Table):
                self._row(number, RowReader(item, place, self._issues))
            else:
                self._issues.append(Issue(code="wrong_shape", place=place, params={"expected": "mapping"}))
        for opened in self._open:
            self._issues.append(Issue(code="group_not_closed", place=opened.place, params={"name": opened.name}))

    def _row(self, number: int, row: RowReader) -> None:
        written = row.text("type")
        kind, _, list_name = written.partition(" ")
        if kind in ("begin", "end"):
            # XLSForm spells the boundaries with a space or an underscore.
            kind, list_name = f"{kind}_{list_name.strip()}", ""
        if not written:
            if row.node("type") is None:
                row.note("missing_column", "type", column="type")
        elif kind in BOUNDARIES:
            self._boundary(kind, number, row, row.table("bot"))
        elif kind in set(QuestionType) and len(list_name.split()) < 2:
            self._question(QuestionType(kind), list_name.strip(), number, row)
        else:
            known = {*QuestionType, *BOUNDARIES}
            row.place = replace(row.place, name=row.text("name"))
            instead = advice_for(written)
            meant = "" if instead else nearest(kind, known)
            row.note("unsupported_type", "type", type=written[:64], suggestion=meant, instead=instead)

    def _boundary(self, kind: str, number: int, row: RowReader, bot: Table | None) -> None:
        repeat = kind.endswith("repeat")
        if kind.startswith("end"):
            name = row.text("name")
            row.refuse_rest(SURVEY_COLUMNS)
            if not self._open or self._open[-1].repeat != repeat or name not in ("", self._open[-1].name):
                row.note("group_not_opened", "type", type=kind)
            else:
                self._open.pop()
            return
        name = row.name("name")
        row.place = replace(row.place, name=name)
        own = RowReader(bot or Table(), row.place, self._issues)
        own.prefix = "bot."
        most = own.whole("max_repeats") if repeat else None
        if repeat and own.node("max_repeats") is None:
            row.note("repeat_without_bound", "bot", name=name)
        if repeat and any(opened.repeat for opened in self._open):
            row.note("repeat_in_repeat", "type", name=name)
        own.refuse_rest(BOT_COLUMNS)
        group = Group(
            name=name,
            label=row.texts("label"),
            relevant=row.expression("relevant"),
            max_repeats=most,
            repeat_count=row.expression("repeat_count") if repeat else None,
            groups=tuple(opened.name for opened in self._open),
            row=number,
        )
        row.refuse_rest(SURVEY_COLUMNS)
        if name in self._groups:
            row.note("duplicate_name", "name", name=name)
        self._groups[name] = group
        self._open.append(_Open(name, repeat, row.place))

    def _question(self, kind: QuestionType, list_name: str, number: int, row: RowReader) -> None:
        name = row.name("name")
        row.place = replace(row.place, name=name)
        if kind in SELECTS and not list_name:
            row.note("list_not_given", "type", type=kind)
        elif kind not in SELECTS and list_name:
            row.note("list_not_expected", "type", type=kind)
        silent = kind in (QuestionType.NOTE, QuestionType.CALCULATE)
        answer = frozenset() if silent else ANSWER_COLUMNS
        if kind is QuestionType.NOTE:
            answer = frozenset({"hint"})
        elif kind not in SELECTS:
            answer -= {"choice_filter"}

        def may(column: str) -> bool:
            return column in answer

        read_only = may("read_only") and row.boolean("read_only")
        computed = kind is QuestionType.CALCULATE or read_only
        question = Question(
            type=kind,
            name=name,
            list_name=list_name or None,
            label=row.texts("label"),
            relevant=row.expression("relevant"),
            hint=row.texts("hint") if may("hint") else {},
            required=row.condition("required") if may("required") else None,
            required_message=row.texts("required_message") if may("required_message") else {},
            constraint=row.expression("constraint") if may("constraint") else None,
            constraint_message=row.texts("constraint_message") if may("constraint_message") else {},
            choice_filter=row.expression("choice_filter") if may("choice_filter") else None,
            default=row.default("default") if may("default") else None,
            calculation=row.expression("calculation") if computed else None,
            read_only=read_only,
            bot=self._bot(kind, row),
            groups=tuple(opened.name for opened in self._open),
            row=number,
        )
        row.refuse_rest(SURVEY_COLUMNS)
        if kind is QuestionType.CALCULATE and row.node("calculation") is None and question.bot.prefill is None:
            row.note("calculate_without_value", name=name)
        self._questions.append(question)

    def _bot(self, kind: QuestionType, row: RowReader) -> BotColumns:
        own = RowReader(row.table("bot") or Table(), row.place, self._issues)
        own.prefix = "bot."
        columns = BotColumns(
            prefill=own.text("prefill") or None,
            compare=own.text("compare") or None,
            kyc_item=own.one_of("kyc_item", KYC_ITEMS),
            button=own.texts("button"),
        )
        if kind is QuestionType.CALCULATE:
            own.refuse_rest(BOT_COLUMNS)
            return columns
        columns = replace(
            columns,
            kind=own.one_of("kind", READER_KINDS),
            confirm=own.boolean("confirm"),
            decline=Decline(own.one_of("decline", set(Decline)) or Decline.NONE),
            sensitive=own.boolean("sensitive"),
            handover=own.expression("handover"),
            end=own.expression("end"),
            proxy=own.expression("proxy"),
            check=own.expression("check"),
            check_message=own.texts("check_message"),
            example=own.texts("example"),
            why=own.texts("why"),
            faq=own.text("faq") or None,
        )
        own.refuse_rest(BOT_COLUMNS)
        return columns


def row_lines(tree: Tree) -> Mapping[int, int]:
    """The line of each survey row in its file, for messages about a questionnaire already built."""
    survey = tree.entries.get("survey") if isinstance(tree, Table) else None
    if not isinstance(survey, Rows):
        return {}
    return {number: item.line for number, item in enumerate(survey.items, 1) if not isinstance(item, Cell)}
