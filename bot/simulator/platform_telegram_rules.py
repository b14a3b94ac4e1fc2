"""What Telegram refuses, in its words, as far as it matters here.

Written from the official description, apart from the adapter, so that a mistake there is not
repeated here.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

#: Parameters that a form carries as JSON.
_NESTED = frozenset(
    {"reply_markup", "link_preview_options", "allowed_updates", "commands", "entities", "scope", "reply_parameters"}
)
_NUMBERS = frozenset({"chat_id", "message_id", "offset", "limit", "timeout", "max_connections", "cache_time"})
_FLAGS = frozenset({"protect_content", "disable_notification", "show_alert", "drop_pending_updates"})
SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Refused(Exception):
    """An answer other than ok."""

    def __init__(self, code: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def parameters_of(form: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call, from a form (text) or from JSON."""
    return {name: _value(name, value) for name, value in form.items()}


def _value(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        if name in _NESTED:
            return json.loads(value)
        if name in _NUMBERS:
            return int(value)
    except ValueError:
        raise Refused(400, f"Bad Request: can't parse {name}") from None
    if name in _FLAGS:
        return value.lower() == "true"
    return value


def check_text(text: Any) -> str:
    """The text as it will be shown."""
    if not isinstance(text, str):
        raise Refused(400, "Bad Request: message text is empty")
    shown = "".join(char for char in text if char == "\n" or unicodedata.category(char) != "Cc").strip()
    if not any(unicodedata.category(char) not in {"Cf", "Zs", "Zl", "Zp"} and char != "\n" for char in shown):
        raise Refused(400, "Bad Request: message text is empty")
    if len(shown.encode("utf-16-le", "surrogatepass")) // 2 > 4096:
        raise Refused(400, "Bad Request: message is too long")
    return shown


def check_keyboard(markup: Any) -> list[list[dict[str, Any]]]:
    """The rows of an inline keyboard; empty without one."""
    if markup is None:
        return []
    rows = markup.get("inline_keyboard") if isinstance(markup, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Refused(400, "Bad Request: object expected as reply markup")
    buttons = [button for row in rows for button in row]
    if len(buttons) > 100 or any(len(row) > 8 for row in rows):
        raise Refused(400, "Bad Request: reply markup is too long")
    for button in buttons:
        text = button.get("text") if isinstance(button, dict) else None
        if not isinstance(text, str) or not text.strip():
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        data, url = button.get("callback_data"), button.get("url")
        if data is None and url is None:
            raise Refused(400, "Bad Request: text buttons are unallowed in the inline keyboard")
        if data is not None and not (isinstance(data, str) and 1 <= len(data.encode()) <= 64):
            raise Refused(400, "Bad Request: BUTTON_DATA_INVALID")
    return [row for row in rows if row]


def check_reply_keyboard(markup: Any) -> str | None:
    """The label of the button that sends the person's contact; empty where the keyboard is put away, else ``None``."""
    if not isinstance(markup, dict):
        return None
    if markup.get("remove_keyboard") is True:
        return ""
    rows = markup.get("keyboard")
    if rows is None:
        return None
    buttons = [button for row in rows for button in row] if isinstance(rows, list) else []
    if not buttons or len(buttons) > 300:
        raise Refused(400, "Bad Request: reply keyboard is empty or too long")
    for button in buttons:
        if not isinstance(button, dict) or not str(button.get("text", "")).strip():
            raise Refused(400, "Bad Request: keyboard button text must be non-empty")
    return next((button["text"] for button in buttons if button.get("request_contact")), None)


def check_commands(commands: Any) -> list[dict[str, str]]:
    """The entries of a commands menu."""
    if not isinstance(commands, list) or len(commands) > 100:
        raise Refused(400, "Bad Request: commands list is invalid")
    for entry in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", str(entry.get("command", ""))):
            raise Refused(400, "Bad Request: BOT_COMMAND_INVALID")
        if not 1 <= len(str(entry.get("description", ""))) <= 256:
            raise Refused(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
    return commands
