"""Why somebody whom the provider sent is not let in: one code for the audit record and for who looks into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

#: What the person can do about it, by code; every code there is.
ADVICE: Final[Mapping[str, str]] = {
    # Beginning anew helps.
    "state_unknown": "again",
    "provider_declined": "again",
    "code_refused": "again",
    "token_expired": "again",
    # The provider cannot be reached or answers what nobody can read.
    "provider_unreachable": "later",
    "provider_answer": "later",
    # Settings here or there are wrong, or somebody stands between.
    "issuer_unexpected": "tell",
    "provider_other_issuer": "tell",
    "client_refused": "tell",
    "token_malformed": "tell",
    "token_algorithm": "tell",
    "token_key_unknown": "tell",
    "token_signature": "tell",
    "token_issuer": "tell",
    "token_audience": "tell",
    "token_nonce": "tell",
    "token_claims": "tell",
    "token_used": "tell",
    # The person is known there, and may not come in here.
    "nobody": "register",
    "disabled": "register",
    "no_role": "register",
    "no_branch": "register",
    "login_unusable": "register",
    "email_unverified": "register",
    "linked_otherwise": "register",
    "no_second_factor": "factor",
}


class SignOnRefused(Exception):
    """The way over the provider ends here; ``code`` is one of ``ADVICE``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
