"""The headers of every answer that is no page: nothing is kept, shown in a frame, or taken for a script.

Pages bring their own, which are set after these (``bot.console.headers``).
"""

from __future__ import annotations

from aiohttp import web

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # The server's name and version help nobody but an attacker.
    "Server": "kakunin",
}


async def add_plain_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler for ``on_response_prepare``: on everything, errors too."""
    response.headers.update(_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
