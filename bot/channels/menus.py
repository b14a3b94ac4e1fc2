"""The menus beside the chat: which one an account should have, and what each holds.  Pure.

Promise: every entry leads into a command that the conversation understands at any moment, so that a menu
which is a little behind never leads nowhere.  How a menu looks is the platform's (``line.menu_drawing``);
its words are in ``locales``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from bot.channels.base import Tap
from dialogs.conversation.commands import VOICE_OF_COMMAND, Command
from dialogs.conversation.wording import Translator

#: In the place of a conversation's: a menu belongs to none, and its buttons go to the one that is active.
MENU_REF = "menu"


class WordsTooLong(ValueError):
    """Words of a menu that could not be drawn large enough to be read."""


class MenuState(StrEnum):
    """What an account's menu follows from."""

    #: No customer is linked.
    NOT_LINKED = "not_linked"
    #: A linked questionnaire can be answered.
    OPEN = "open"
    #: Linked, and nothing to do.
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class MenuKind:
    """One of the menus that there are."""

    state: MenuState
    locale: str

    def encode(self) -> str:
        """As it stands in the store and in the menu's name."""
        return f"{self.state.value}-{self.locale}"


def decide_menu(*, linked: bool, answerable: bool, locale: str) -> MenuKind:
    """The menu of an account with or without a link, and with or without a case that can be answered."""
    state = MenuState.OPEN if answerable else MenuState.NOTHING if linked else MenuState.NOT_LINKED
    return MenuKind(state=state, locale=locale)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One thing to tap."""

    command: Command
    #: Key of its words.
    text: str

    @property
    def data(self) -> str:
        """What a tap sends."""
        return Tap(conversation_ref=MENU_REF, token="-", option=self.command).encode()  # noqa: S106

    def lines(self, words: Translator) -> list[str]:
        """The words as they are drawn."""
        return words.text(self.text).split("\n")

    def label(self, words: Translator) -> str:
        """The same words in one line, for who hears the menu instead of seeing it."""
        lines = self.lines(words)
        # Scripts without spaces begin here.
        return (" " if all(char < "\u2e80" for line in lines for char in line) else "").join(lines)


_VERIFY = Entry(command=Command.VERIFY, text="menu.verify")
_STAFF = Entry(command=Command.STAFF, text="menu.staff")
_HELP = Entry(command=Command.HELP, text="menu.help")
_ENTRIES: Mapping[MenuState, tuple[Entry, ...]] = MappingProxyType(
    {
        # Few and large; the first is what most people want.
        MenuState.NOT_LINKED: (Entry(command=Command.RESUME, text="menu.code"), _VERIFY, _STAFF),
        MenuState.OPEN: (
            Entry(command=Command.RESUME, text="menu.resume"),
            Entry(command=Command.LATER, text="menu.later"),
            _STAFF,
            _HELP,
            _VERIFY,
            Entry(command=Command.SWITCH, text="menu.switch"),
        ),
        MenuState.NOTHING: (_HELP, _VERIFY, _STAFF),
    }
)
#: The other language, where a menu has room for it: who cannot read the menu finds the way out of it.
_LANGUAGE = {
    "ja": Entry(command=Command.LANGUAGE_EN, text="menu.language"),
    "ja_easy": Entry(command=Command.LANGUAGE_JA, text="menu.language"),
    "en": Entry(command=Command.LANGUAGE_JA, text="menu.language"),
}


def entries_of(kind: MenuKind) -> tuple[Entry, ...]:
    """What a menu holds, in reading order."""
    entries = _ENTRIES[kind.state]
    return entries if kind.state is MenuState.OPEN else (*entries, _LANGUAGE[kind.locale])


_BY_COMMAND: Mapping[str, Entry] = {
    entry.command: entry for entries in (*_ENTRIES.values(), _LANGUAGE.values()) for entry in entries
}


def menu_label(option: str, words: Translator) -> str:
    """The words under which an option stands in the menus, else the option itself."""
    entry = _BY_COMMAND.get(option)
    return option if entry is None else entry.label(words)


#: The commands of a list of commands, most wanted first; all others are understood as well.
LISTED = (
    Command.RESUME,
    Command.LATER,
    Command.BACK,
    Command.CORRECT,
    Command.STATUS,
    Command.WHY,
    Command.HELP,
    Command.VERIFY,
    Command.STAFF,
    Command.SWITCH,
    *VOICE_OF_COMMAND,
    Command.PAPER,
    Command.UNLINK,
)


def listed_commands(words: Translator) -> list[tuple[str, str]]:
    """Name and description of each listed command."""
    return [(command.value, words.text(f"command.{command}")) for command in LISTED]
