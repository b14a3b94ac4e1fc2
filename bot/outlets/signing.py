"""The signature of a message, by the scheme of the specification "Standard Webhooks" (version 1).

Signed are id, time and body together, so that none of them can be put with another's signature; while one secret
takes the place of another, a message carries a signature by each.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence


def signature_headers(secrets: Sequence[bytes], message_id: str, seconds: int, body: bytes) -> dict[str, str]:
    """The three headers of one try, ``seconds`` being its time since 1970."""
    signed = f"{message_id}.{seconds}.".encode() + body
    signatures = [base64.b64encode(hmac.digest(secret, signed, "sha256")).decode("ascii") for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
