"""Channel access tokens: issued against a signed assertion, renewed in time, given back, and never shown."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jwt
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import RSAAlgorithm

from bot.channels.base import Outcome
from bot.channels.line.adapter import LineChannel
from bot.channels.line.tokens import AssertionKey, IssuedTokens, read_assertion_key
from bot.problems import SettingsProblem
from bot.service import make_channels
from bot.settings import load_settings
from tests.bot.simulator.stands import KEY, SECRET, Clock, LineStand, line_stand, notice, to

KID = "kid-of-the-bank"


@cache
def private_key(which: int = 0) -> Any:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def register(stand: LineStand, kid: str = KID) -> None:
    """What the bank does in LINE's console: the public half goes to LINE."""
    stand.platform.tokens.keys[kid] = json.loads(RSAAlgorithm.to_jwk(private_key().public_key()))


@asynccontextmanager
async def short_lived(stand: LineStand, key: AssertionKey | None = None) -> AsyncIterator[LineChannel]:
    """One process that issues its own tokens."""
    now = stand.clock.now
    channel_id = stand.platform.tokens.channel_id
    tokens = IssuedTokens(channel_id, SECRET, key or AssertionKey(KID, private_key()), stand.api_base, now=now)
    channel = LineChannel(SECRET, tokens, stand.api_base, stand.api_base, now=now, time_out=5)
    await channel.start()
    try:
        yield channel
    finally:
        await channel.close()


async def push(stand: LineStand, channel: LineChannel, number: int = 1) -> Outcome:
    person = next(iter(stand.platform.people), None) or stand.platform.add_person(friend=True)
    key = f"{KEY[:-4]}{number:04d}"
    return (await channel.send(to(person.user_id), [notice()], reply_token=None, retry_key=key)).outcome


def forms(stand: LineStand) -> int:
    return sum(path == "/oauth2/v2.1/token" for _, path, _ in stand.calls.calls)


async def test_a_token_is_issued_at_the_first_call_used_by_all_and_given_back() -> None:
    async with line_stand() as stand:
        register(stand)
        async with short_lived(stand) as channel:
            assert forms(stand) == 0
            outcomes = [await push(stand, channel, number) for number in range(3)]
            assert outcomes == [Outcome.SENT] * 3
            assert forms(stand) == 1
            assert len(stand.platform.tokens.active) == 1
        assert stand.platform.tokens.active == []


async def test_a_token_is_renewed_before_it_ends() -> None:
    async with line_stand() as stand:
        register(stand)
        async with short_lived(stand) as channel:
            await push(stand, channel, 1)
            (ends_at,) = stand.platform.tokens.issued.values()
            stand.clock.time = ends_at - timedelta(minutes=30)
            # The old one would still do: nothing is lost while LINE's token desk is away.
            stand.platform.tokens.out_of_order = 1
            assert await push(stand, channel, 2) is Outcome.SENT
            assert len(stand.platform.tokens.issued) == 1
            stand.clock.advance(minutes=1)
            assert await push(stand, channel, 3) is Outcome.SENT
            assert len(stand.platform.tokens.issued) == 2
            stand.clock.advance(minutes=30)
            assert await push(stand, channel, 4) is Outcome.SENT
            assert forms(stand) == 3


async def test_a_refused_token_is_renewed_once_and_the_call_made_again() -> None:
    async with line_stand() as stand:
        register(stand)
        async with short_lived(stand) as channel:
            await push(stand, channel, 1)
            stand.platform.tokens.issued.clear()
            assert await push(stand, channel, 2) is Outcome.SENT
            assert len(stand.platform.people[next(iter(stand.platform.people)).user_id].received()) == 2
            # Where the new one is refused too, it ends there: no loop.
            stand.platform.tokens.accepts = lambda token: False  # type: ignore[method-assign]
            before = forms(stand)
            assert await push(stand, channel, 3) is Outcome.RETRY
            assert forms(stand) == before + 1


async def test_without_a_token_nothing_is_sent_and_nobody_knocks_without_end() -> None:
    async with line_stand() as stand:
        register(stand)
        stand.platform.tokens.out_of_order = 1
        async with short_lived(stand) as channel:
            assert [await push(stand, channel, number) for number in range(3)] == [Outcome.RETRY] * 3
            assert forms(stand) == 1
            stand.clock.advance(seconds=31)
            assert await push(stand, channel, 3) is Outcome.SENT


async def test_each_process_has_its_own_and_the_thirty_first_waits() -> None:
    async with line_stand() as stand:
        register(stand)
        async with short_lived(stand) as one, short_lived(stand) as other:
            assert [await push(stand, one, 1), await push(stand, other, 2)] == [Outcome.SENT] * 2
            assert len(stand.platform.tokens.active) == 2
        # Killed processes give nothing back; what they held ends by itself within hours.
        for number in range(30):
            stand.platform.tokens.issued[f"left-{number}"] = stand.clock.now() + timedelta(hours=6)
        async with short_lived(stand) as late:
            assert await push(stand, late, 3) is Outcome.RETRY
            stand.clock.advance(hours=6, seconds=1)
            assert await push(stand, late, 4) is Outcome.SENT


@pytest.mark.parametrize("what", ["another key", "unknown kid", "another channel", "late clock", "early clock"])
async def test_the_desk_refuses_what_line_refuses(what: str) -> None:
    async with line_stand() as stand:
        register(stand)
        key = AssertionKey(KID, private_key())
        if what == "another key":
            key = AssertionKey(KID, private_key(1))
        elif what == "unknown kid":
            key = AssertionKey("nobody's", private_key())
        async with short_lived(stand, key) as channel:
            desk = stand.platform.tokens
            if what == "another channel":
                desk.channel_id = "2000000002"
            elif what.endswith("clock"):
                away = timedelta(hours=-1 if what == "late clock" else 1)
                desk._now = lambda: stand.clock.now() + away
            assert await push(stand, channel) is Outcome.RETRY
            assert desk.issued == {}
            # The control: nothing but that was wrong.
            desk.channel_id, desk._now = "1000000001", stand.clock.now
            desk.keys[key.kid] = json.loads(RSAAlgorithm.to_jwk(key.key.public_key()))
            stand.clock.advance(seconds=31)
            assert await push(stand, channel) is Outcome.SENT


async def test_tokens_and_keys_are_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as structured:
        async with line_stand() as stand:
            register(stand)
            async with short_lived(stand) as channel:
                await push(stand, channel, 1)
                stand.platform.tokens.out_of_order = 1
                stand.clock.advance(hours=5)
                await push(stand, channel, 2)
                tokens = list(stand.platform.tokens.issued)
                written = caplog.text + str(structured) + repr(channel._tokens) + repr(AssertionKey(KID, private_key()))
    assert any(entry["event"] == "line.token_issued" for entry in structured)
    assert any(entry["event"] == "line.token_not_issued" for entry in structured)
    for secret in (*tokens, SECRET, "client_assertion=", "eyJ"):
        assert secret not in written


# The key file ----------------------------------------------------------------------------------


def pem() -> str:
    return private_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def jwk(**more: Any) -> dict[str, Any]:
    return {**json.loads(RSAAlgorithm.to_jwk(private_key())), **more}


@pytest.mark.parametrize("shape", ["jwk", "pair", "pem"])
def test_the_key_is_read_from_jwk_and_pem(shape: str, tmp_path: Path) -> None:
    file = tmp_path / "assertion.key"
    text = {
        "jwk": json.dumps(jwk(kid=KID)),
        "pair": json.dumps({"privateKey": jwk(kid=KID), "publicKey": {}}),
        "pem": f"kid: {KID}\n{pem()}",
    }[shape]
    file.write_text(text, encoding="utf-8")
    key = read_assertion_key(file)
    signed = jwt.encode({"a": 1}, key.key, algorithm="RS256", headers={"kid": key.kid})
    assert jwt.decode(signed, private_key().public_key(), algorithms=["RS256"]) == {"a": 1}
    assert key.kid == KID


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (json.dumps(jwk()), "kid"),
        (pem(), "kid:"),
        ("{not json", "no private RSA key"),
        ("kid: x\nnothing", "no private RSA key"),
        (json.dumps({"kid": "x", **json.loads(RSAAlgorithm.to_jwk(private_key().public_key()))}), "no private RSA key"),
        (
            "kid: x\n"
            + ec.generate_private_key(ec.SECP256R1())
            .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            .decode(),
            "no private RSA key",
        ),
        (None, "cannot be read"),
    ],
)  # fmt: skip
def test_a_key_that_cannot_be_used_is_one_sentence_without_the_key(
    text: str | None, words: str, tmp_path: Path
) -> None:
    file = tmp_path / "assertion.key"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsProblem) as problem:
        read_assertion_key(file)
    assert str(problem.value).startswith("KAKUNIN_LINE_ASSERTION_KEY_FILE ")
    assert words in str(problem.value)
    assert "\n" not in str(problem.value)
    assert "BEGIN" not in str(problem.value)


def test_settings_turn_the_channel_on_and_a_long_lived_token_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "assertion.key"
    file.write_text(json.dumps(jwk(kid=KID)), encoding="utf-8")
    with_key = {"line_channel_secret": "s", "line_channel_id": "1", "line_assertion_key_file": file}
    issuing = make_channels(load_settings(**with_key), Clock().now)["line"]
    assert isinstance(issuing, LineChannel)
    assert isinstance(issuing._tokens, IssuedTokens)
    fixed = make_channels(load_settings(**with_key, line_channel_access_token="t"), Clock().now)["line"]
    assert isinstance(fixed, LineChannel)
    assert not isinstance(fixed._tokens, IssuedTokens)
    half = load_settings(line_channel_secret="s", line_channel_id="1")
    assert not half.line_is_on
