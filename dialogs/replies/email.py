"""A typed e-mail address: one @, a domain with a dot, at most 254 characters.

The part before the @ stays as typed (case matters to some servers, and old Japanese carriers gave out
addresses with two dots in a row); the domain is lower case.
"""

from __future__ import annotations

import re

from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import CASUAL_TAIL, about, opening, strip_chatter
from dialogs.replies.problems import problem
from dialogs.replies.sentences import lone

LONGEST = 254

_LEAD = (
    *about(
        "メールアドレス", "メアド", "アドレス", "メール", "e-mail address", "e-mail", "email address", "email", "mail"
    ),
    *("mailto:", "my e-mail address is ", "my e-mail is ", "my email address is ", "my email is ", "e-mail is "),
)
_AT_WORDS = re.compile(
    r" ?(?:アットマーク|あっとまーく|アット|あっと|\(at\)|\[at\]) ?| at (?=.* dot )| @ ?|@ ", re.IGNORECASE
)
#: What thumbs and dictation make of the dots of a domain.
_DOT_WORDS = re.compile(r" ?(?:ドット|どっと| dot ) ?|(?<=[A-Za-z0-9])[。・](?=[A-Za-z0-9])", re.IGNORECASE)
_LOCAL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]{1,64}")
_PLAIN = re.compile(r"[!-~]+")
#: An address inside a Japanese sentence; beside Latin letters it may only be a piece of one.
_INSIDE = re.compile(r"(?<![!-~])(?<![!-~] )[A-Za-z0-9.!#$%&'*+/=?^_`{|}~\-]+@[A-Za-z0-9.\-]+(?! ?[!-~])")
_WORDS = "e?メール|mail|アドレス|メアド|連絡用?|連絡先|普段|いつも|使って|いる|パソコン|スマホ|携帯|自宅|仕事用"
_LABEL = r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z]{{2,24}}")
#: Endings that do not exist and that thumbs make of com and jp.
_SLIPS = (".con", ".cmo", ".ocm", ".comm", ".vom", ".xom", ".jo", ".jpn", ".co.j", ".ne.j", ".cojp", ".nejp")
#: Providers of most customers: what differs from one of these by one sign is a slip of the thumb.
_PROVIDERS = (
    *("gmail.com", "yahoo.co.jp", "icloud.com", "hotmail.com", "hotmail.co.jp", "outlook.com", "outlook.jp"),
    *("docomo.ne.jp", "ezweb.ne.jp", "softbank.ne.jp", "i.softbank.jp", "googlemail.com"),
)
#: Real domains that differ from one of these by one sign.
_NO_SLIPS = frozenset(("mail.com", "ymail.com", "email.com", "yahoo.ne.jp", "ybb.ne.jp", "hotmail.co.uk"))


def read_email(text: str, context: ReplyContext) -> Parsed | Problem:
    """The address with its domain in lower case."""
    plain = opening("email", text, context)
    if isinstance(plain, Problem):
        return plain
    address = _AT_WORDS.sub("@", strip_chatter(plain, lead=_LEAD, tail=CASUAL_TAIL)).strip("<>;")
    address = _DOT_WORDS.sub(".", address).rstrip(".")
    if not _PLAIN.fullmatch(address) and (told := lone(address, _INSIDE, _WORDS)):
        address = told
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
    if not _DOMAIN.fullmatch(domain) or domain.endswith(_SLIPS) or _is_slip(domain):
        return problem("email.domain", context)
    return Parsed(value=f"{local}@{domain}", display=f"{local}@{domain}")


def _is_slip(domain: str) -> bool:
    """Whether one sign is missing, added, wrong or swapped in the name of a large provider: gmial.com."""
    if domain in _PROVIDERS or domain in _NO_SLIPS:
        return False
    from rapidfuzz.distance.OSA import distance

    return any(distance(domain, provider, score_cutoff=1) == 1 for provider in _PROVIDERS)
