"""Reading what the provider signed: the ID token of a sign-in, and the token that ends a session.

Sources: OpenID Connect Core 1.0, 3.1.3.7 (ID token); OpenID Connect Back-Channel Logout 1.0, 2.4 and 2.6 (logout
token); RFC 8725 for which algorithms are taken.  Promise: nothing is believed before its signature fits a key of the
provider's by an asymmetric algorithm; every refusal has one code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jws, jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, InvalidKeyIdError, JoseError, MissingClaimError
from joserfc.jwk import KeySet
from joserfc.jwt import JWTClaimsRegistry

from bot.sign_on.refusals import SignOnRefused

#: No algorithm with a shared secret: what is signed with a public key as if it were one would fit.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)
#: How far the provider's clock and ours may be apart.
SKEW = 60
#: Providers sign logout tokens for a day at most; what says it lives longer is remembered no longer.
_LONGEST_LOGOUT = timedelta(days=1)
_LOGOUT = "http://schemas.openid.net/event/backchannel-logout"
_BY_CLAIM = {"iss": "token_issuer", "aud": "token_audience", "azp": "token_audience", "nonce": "token_nonce"}


@dataclass(frozen=True, kw_only=True)
class LogoutToken:
    """Whose sessions the provider ended: of a subject, of one of its sessions, or of both at once."""

    subject: str | None
    sid: str | None
    #: What tells this token from others, and until when it must be remembered.
    token_id: str
    until: datetime


def key_id(token: str) -> str | None:
    """Under which key a token says it was signed; raises ``SignOnRefused`` for what is no signed token of ours."""
    try:
        header = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, TypeError):
        raise SignOnRefused("token_malformed") from None
    if header.get("alg") not in ALGORITHMS:
        raise SignOnRefused("token_algorithm")
    kid = header.get("kid")
    return kid if isinstance(kid, str) else None


def read_id_token(
    token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str, access_token: str | None, now: datetime
) -> Mapping[str, Any]:
    """The claims about who signed in; raises ``SignOnRefused``."""
    signed = _verified(token, keys)
    claims: Any = CodeIDToken(
        signed.claims,
        signed.header,
        {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
        {"client_id": client_id, "nonce": nonce, "access_token": access_token},
    )
    try:
        claims.validate(now=int(now.timestamp()), leeway=SKEW)
    except (JoseError, ValueError, TypeError) as problem:
        raise _refusal(problem) from None
    if not claims["sub"]:
        raise SignOnRefused("token_claims")
    return dict(claims)


def read_logout_token(token: str, keys: KeySet, *, issuer: str, client_id: str, now: datetime) -> LogoutToken:
    """Whose sessions end; raises ``SignOnRefused``."""
    claims = _verified(token, keys).claims
    registry = JWTClaimsRegistry(
        int(now.timestamp()),
        SKEW,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        iat={"essential": True},
        exp={"essential": True},
        jti={"essential": True},
    )
    try:
        registry.validate(claims)
    except (JoseError, ValueError, TypeError) as problem:
        raise _refusal(problem) from None
    events, subject, sid = claims.get("events"), claims.get("sub"), claims.get("sid")
    told = isinstance(events, dict) and isinstance(events.get(_LOGOUT), dict)
    # An ID token is signed by the same keys for the same client: it must never pass for this.
    if not told or "nonce" in claims:
        raise SignOnRefused("token_claims")
    if not (_is_name(subject) or _is_name(sid)) or not all(one is None or _is_name(one) for one in (subject, sid)):
        raise SignOnRefused("token_claims")
    end = min(float(claims["exp"]) + SKEW, (now + _LONGEST_LOGOUT).timestamp())
    return LogoutToken(subject=subject, sid=sid, token_id=claims["jti"], until=datetime.fromtimestamp(end, UTC))


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _verified(token: str, keys: KeySet) -> jwt.Token:
    try:
        return jwt.decode(token, keys, algorithms=ALGORITHMS)
    except InvalidKeyIdError:
        raise SignOnRefused("token_key_unknown") from None
    except BadSignatureError:
        raise SignOnRefused("token_signature") from None
    except (JoseError, ValueError, TypeError):
        # A key of another kind than the algorithm needs is as bad as no signature.
        raise SignOnRefused("token_malformed") from None


def _refusal(problem: Exception) -> SignOnRefused:
    if isinstance(problem, ExpiredTokenError):
        return SignOnRefused("token_expired")
    claim = str(getattr(problem, "claim", ""))
    names = claim.split(",") if isinstance(problem, MissingClaimError) else [claim]
    return SignOnRefused(next((_BY_CLAIM[name] for name in names if name in _BY_CLAIM), "token_claims"))
