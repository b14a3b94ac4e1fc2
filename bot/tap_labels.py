"""The words on the button that was tapped, for the transcript: the platforms send back only its code."""

from __future__ import annotations

from bot.channels.base import Tap
from bot.channels.menus import MENU_REF, menu_label
from bot.talk import Talk
from storage import content
from storage.conversations import Conversation

#: How far back a tap is looked for: nearly always it is the newest; an older button is kept by its code alone.
_RECENT = (2, 20)


def tap_label(talk: Talk, conversation: Conversation, tap: Tap) -> str:
    """The label as it was shown under that token or in the menu, else the option's code."""
    if tap.conversation_ref == MENU_REF:
        return menu_label(tap.option, talk.live.voice(conversation.locale).catalogue)
    for limit in _RECENT:
        for body in content.recent_bodies(talk.conn, talk.vault, conversation.id, limit=limit):
            if body.get("token") != tap.token:
                continue
            for option, label, *_ in (*body.get("buttons", ()), *body.get("shortcuts", ())):
                if option == tap.option:
                    return str(label)
    return tap.option
