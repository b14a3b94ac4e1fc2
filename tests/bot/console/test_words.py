"""Every sentence of the console and the phone page exists in Japanese and in English, with the same placeholders."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from bot.console.access import Permission, Refused
from bot.console.door import WAYS_IN
from bot.console.queue import FOLDERS
from bot.console.rendering import lobby_question
from bot.console.review_queue import LISTS
from bot.lobby_state import LobbyStep
from bot.moving import Move
from dialogs.conversation.prompts import MessageKind
from locales import SHIPPED_LANGUAGES, VOICES, load_catalogue, placeholders
from storage.case_status import CaseStatus
from storage.reconciliation.severity import SEVERITIES
from storage.reconciliation.verdict import VerdictCode
from storage.reviews import Decision, Deed
from storage.staff import ROLES

_KEY = re.compile(r"""\bt\(\s*["']((?:console|demo)\.[a-z0-9_.]+[a-z0-9_])["']""")
_PROBLEM = re.compile(r'"((?:console|staff|audit)\.(?:problem|password|sign_in)\.[a-z_.]*[a-z_])"')
_AUDIT = re.compile(
    r"""(?:record(?:_deed|_on|_own|_view)?|audit\.record|count_failure)\([^"]*"([a-z]+\.[a-z_]+)""" + '"'
)


def sources() -> list[tuple[str, str]]:
    found = []
    for package, folders in (("bot.console", ("", "pages", "templates")), ("bot.simulator", ("", "templates"))):
        for folder in folders:
            for entry in (files(package) / folder).iterdir():
                if entry.name.endswith((".py", ".html")):
                    found.append((entry.name, entry.read_text(encoding="utf-8")))
    return found


def needed() -> set[str]:
    keys: set[str] = set()
    for _, source in sources():
        keys |= set(_KEY.findall(source)) | set(_PROBLEM.findall(source))
    for folder in FOLDERS:
        keys |= {f"console.folder.{folder}", f"console.inbox.lead.{folder}", f"console.inbox.empty.{folder}"}
    keys |= {"console.folder.undelivered"} | {f"console.undelivered.kind.{kind.value}" for kind in MessageKind}
    reasons = ("blocked", "channel_off", "interrupted", "quota", "rejected", "retry")
    keys |= {f"console.delivery_reason.{reason}" for reason in reasons}
    keys |= {f"console.keys.{key}" for key in ("c", "r", "send", "n", "b", "j", "k", "enter", "help")}
    keys |= {f"console.snooze.until.{choice}" for choice in ("customer", "hour", "morning")}
    ways = ("receipt_no", "customer_no", "name", "phone", "check_number", "phone_tail")
    keys |= {f"console.search.by.{way}" for way in ways}
    for owner in ("bot", "waiting", "staff", "closed"):
        keys |= {f"console.owner.short.{owner}", f"console.mark.{owner}"}
    keys |= {f"console.role.{role}" for role in ROLES}
    keys |= {f"console.case_status.{status.value}" for status in CaseStatus}
    keys |= {f"console.channel.{name}" for name in ("line", "telegram")}
    keys |= {f"console.kind.{name}" for name in ("individual", "corporate", "unlinked")}
    keys |= {f"console.language.{name}" for name in VOICES}
    keys |= {f"console.who.{name}" for name in ("customer", "bot", "staff", "note", "staff_named")}
    states = ("pending", "leased", "sent", "unknown", "failed", "cancelled", "dropped")
    keys |= {f"console.delivery.{state}" for state in states}
    pictures = ("waiting", "expired", "too_large", "too_many", "too_many_pixels", "not_an_image", "broken")
    keys |= {f"console.line.picture.{word}" for word in (*pictures, "removed", "unreachable", "unreadable")}
    for refusal in Refused.__subclasses__():
        # The others lead to a page of their own instead of a sentence.
        if refusal not in WAYS_IN:
            keys |= {f"console.problem.title.{refusal.code}", f"console.problem.text.{refusal.code}"}
    for deed in Deed:
        keys |= {f"console.review.{part}.{deed.value}" for part in ("deed", "key", "whole", "done")}
    keys |= {f"console.review.move.{one.value}" for one in Move}
    keys |= {f"console.review.standing.{one.value}" for one in Decision}
    keys |= {f"console.review.verdict.{one.value}" for one in VerdictCode}
    keys |= {f"console.review.severity.{one}" for one in SEVERITIES}
    keys |= {f"console.review.{part}.{name}" for name in LISTS for part in ("list", "empty")}
    refusals = ("meanwhile", "same_person", "not_possible", "no_chat", "not_answered", "with_staff", "no_question")
    keys |= {f"console.review.problem.{code}" for code in (*refusals, "damaged", "long_note", "no_note", "secret")}
    keys |= {f"demo.letter.to.{kind}" for kind in ("individual", "corporate")}
    keys |= {f"demo.try.{name}" for name in ("why", "back", "later", "staff", "real")}
    return keys


def test_the_search_finds_keys() -> None:
    assert {"console.claim", "demo.strip", "console.problem.not_owner", "console.password.differs"} <= needed()
    assert len(needed()) > 200


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_every_key_has_its_sentence(locale: str) -> None:
    catalogue = load_catalogue(locale)
    assert sorted(key for key in needed() if key not in catalogue) == []


@pytest.mark.parametrize("locale", SHIPPED_LANGUAGES)
def test_staff_read_what_is_asked_of_who_is_not_linked_yet(locale: str) -> None:
    catalogue = load_catalogue(locale)
    asked = [lobby_question(catalogue, f"lobby:{step.value}") for step in LobbyStep]
    assert len(set(asked)) == len(LobbyStep)
    assert "" not in asked
    assert lobby_question(catalogue, "asking") == lobby_question(catalogue, "lobby:of_tomorrow") == ""


def test_the_languages_have_the_same_keys_and_placeholders() -> None:
    ja, en = (load_catalogue(locale) for locale in ("ja", "en"))
    names = {locale: list(load_catalogue(locale).keys()) for locale in SHIPPED_LANGUAGES}
    ours = [key for key in names["ja"] if key.startswith(("console.", "demo.", "staff.", "audit.console."))]
    assert [key for key in names["en"] if key.startswith(("console.", "demo."))] == [
        key for key in ours if key.startswith(("console.", "demo."))
    ]
    for key in ours:
        assert placeholders(ja.template(key)) == placeholders(en.template(key)), key


def test_every_audited_deed_has_its_sentence() -> None:
    found = {action for _, source in sources() for action in _AUDIT.findall(source)}
    found |= {"console.transfer", "console.assign"}
    assert {"console.claim", "console.signed_in", "console.conversation_viewed", "console.refused"} <= found
    for locale in SHIPPED_LANGUAGES:
        catalogue = load_catalogue(locale)
        assert sorted(action for action in found if f"audit.{action}" not in catalogue) == []


def test_permissions_are_words_of_the_templates() -> None:
    asked = {name for _, source in sources() for name in re.findall(r'may\("([a-z_]+)"\)', source)}
    assert asked
    assert asked <= {permission.value for permission in Permission}
