"""A typed e-mail address: one @, a domain with a dot, at most 254 characters.

The part before the @ stays as typed (case matters to some servers, and old Japanese carriers gave out
addresses with two dots in a row); the domain is lower case.
"""

from __future__ import annotations

import re

from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, about, opening, strip_chatter
from dialogs.replies.problems import problem

LONGEST = 254

_LEAD = (
    *about(
        "メールアドレス", "メアド", "アドレス", "メール", "e-mail address", "e-mail", "email address", "email", "mail"
    ),
    "mailto:",
)
_AT_WORDS = re.compile(r" ?(?:アットマーク|あっとまーく|アット|\(at\)|\[at\]) ?", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}")
_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z]{{2,24}}")
#: Endings that do not exist and that thumbs make of com and jp.
_SLIPS = (".con", ".cmo", ".ocm", ".comm", ".vom", ".xom", ".jo", ".jpn", ".co.j", ".ne.j")


def read_email(text: str, context: ReplyContext) -> Parsed | Problem:
    """The address with its domain in lower case."""
    plain = opening("email", text, context)
    if isinstance(plain, Problem):
        return plain
    address = _AT_WORDS.sub("@", strip_chatter(plain, lead=_LEAD, tail=CASUAL_TAIL)).strip("<>")
    if len(address) > LONGEST:
        return problem("email.too_long", context, limit=str(LONGEST))
    if address.count("@") > 1:
        return problem("email.several", context)
    local, at, domain = address.partition("@")
    if not at:
        return problem("email.no_at", context)
    if " " in address:
        return problem("email.spaces", context)
    if not _LOCAL.fullmatch(local):
        return problem("email.unreadable", context)
    domain = domain.lower()
    if not _DOMAIN.fullmatch(domain) or domain.endswith(_SLIPS):
        return problem("email.domain", context)
    return Parsed(value=f"{local}@{domain}", display=f"{local}@{domain}")
