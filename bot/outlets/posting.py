"""One try to deliver a message: posted to the address of the settings, to nowhere else.

Promise: no redirect is followed, no proxy of the environment is used, nothing of the answer but its status (and how
long to wait) is looked at, and no try lasts longer than its lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp

from bot.outlets.signing import signature_headers

#: Seconds for one try, from the first look at the name to the status.
WITHIN = 10.0
_LONGEST_WISH = timedelta(hours=1)
_GONE = 410


@dataclass(frozen=True, kw_only=True)
class Posted:
    """How a try ended."""

    #: ok, gone, status_503, silent, unreachable, ...: a code.
    detail: str
    #: How long the other side asks us to wait.
    wish: timedelta | None = None

    @property
    def arrived(self) -> bool:
        return self.detail == "ok"

    @property
    def is_gone(self) -> bool:
        return self.detail == "gone"


class Poster:
    """Posts to one address; close it at the end."""

    def __init__(self, url: str, secrets: tuple[bytes, ...], agent: str) -> None:
        self._url = url
        self._secrets = secrets
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=WITHIN),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Content-Type": "application/json", "User-Agent": agent},
        )

    async def close(self) -> None:
        await self._session.close()

    async def post(self, message_id: str, body: str, now: datetime) -> Posted:
        """Try once; never raises for what the other side or the way there does."""
        data = body.encode("ascii")
        headers = signature_headers(self._secrets, message_id, int(now.timestamp()), data)
        try:
            async with self._session.post(self._url, data=data, headers=headers, allow_redirects=False) as answer:
                return _read(answer.status, answer.headers.get("Retry-After", ""))
        except TimeoutError:
            return Posted(detail="silent")
        except aiohttp.ClientConnectorCertificateError:
            return Posted(detail="certificate")
        except aiohttp.ClientConnectorError:
            return Posted(detail="unreachable")
        except (aiohttp.ClientError, OSError):
            return Posted(detail="cut")


def _read(status: int, wish: str) -> Posted:
    if 200 <= status < 300:
        return Posted(detail="ok")
    if status == _GONE:
        return Posted(detail="gone")
    asked = timedelta(seconds=int(wish)) if wish.isascii() and wish.isdigit() and len(wish) < 9 else None
    return Posted(detail=f"status_{status}", wish=None if asked is None else min(asked, _LONGEST_WISH))
