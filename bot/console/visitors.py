"""From where a request comes: the browser's side of the connection, as far as it can be believed.

Promise: what a proxy says counts only where that proxy is one of ours, and of a chain of addresses only the
last one that none of ours has added.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

#: An IPv6 customer of a network provider owns at least this much of the address.
_IPV6_NETWORK = 64


def is_https(request: web.Request, trusted_proxies: tuple[str, ...]) -> bool:
    """Whether the browser's side of the connection is encrypted; a proxy's word counts only if it is ours."""
    if _is_trusted(request.remote, trusted_proxies):
        return request.headers.get("X-Forwarded-Proto", "").strip().lower() == "https"
    return request.scheme == "https"


def is_loopback(request: web.Request) -> bool:
    """Whether the browser runs on this machine and called it by a name of this machine."""
    if request.url.host not in ("localhost", "127.0.0.1", "::1"):
        return False
    return request.remote is not None and ip_address(request.remote.partition("%")[0]).is_loopback


def _is_trusted(remote: str | None, trusted_proxies: tuple[str, ...]) -> bool:
    address = _parse(remote or "")
    return address is not None and any(address in ip_network(proxy, strict=False) for proxy in trusted_proxies)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text.strip().partition("%")[0])
    except ValueError:
        return None


def network_of(request: web.Request, trusted_proxies: tuple[str, ...]) -> str:
    """The visitor's address, of IPv6 the network: one allowance for each of them."""
    chain = [*request.headers.get("X-Forwarded-For", "").split(","), request.remote or ""]
    visitor = request.remote
    for one in reversed(chain):
        if _parse(one) is None:
            break  # nothing that stands before it can be believed
        visitor = one
        if not _is_trusted(one.strip(), trusted_proxies):
            break
    address = _parse(visitor or "")
    if address is None:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _IPV6_NETWORK), strict=False))
    return str(address)
