"""Codes of an authenticator app: the standard's own examples, the half minutes beside, and what an app is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import segno

from bot.console import one_time_codes
from bot.console.one_time_codes import code_at, new_secret, step_of, to_scan, to_type
from storage.universe import Universe
from tests.conftest import START

#: RFC 6238, appendix B: seconds since 1970 and the last six digits (SHA-1).
RFC_SECRET = b"12345678901234567890"
RFC = ((59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037"))


@pytest.mark.parametrize(("seconds", "code"), RFC)
def test_the_examples_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(RFC_SECRET, seconds // 30) == code
    assert step_of(RFC_SECRET, code, datetime.fromtimestamp(seconds, UTC)) == seconds // 30


@pytest.mark.parametrize("typed", ["２８７０８２", " 287 082 ", "287082\n"])
def test_a_code_is_read_as_people_type_it(typed: str) -> None:
    assert step_of(RFC_SECRET, typed, datetime.fromtimestamp(59, UTC)) == 1


@pytest.mark.parametrize("typed", ["", "28708", "2870822", "abcdef", "287082x", "٢٨٧٠٨٢", "\x00", "\ud800"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    assert step_of(RFC_SECRET, typed, datetime.fromtimestamp(59, UTC)) is None


@pytest.mark.parametrize(("late", "counts"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(late: int, counts: bool) -> None:
    secret, now = new_secret(Universe.frozen(START)), START.replace(second=0)
    code = code_at(secret, int(now.timestamp()) // 30)
    assert (step_of(secret, code, now + timedelta(seconds=late)) is not None) == counts


def test_a_secret_has_160_bits_and_each_its_own() -> None:
    universe = Universe.frozen(START)
    secrets = {new_secret(universe) for _ in range(100)}
    assert {len(secret) for secret in secrets} == {20}
    assert len(secrets) == 100


def test_an_app_is_told_the_same_by_picture_and_by_text(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    real = segno.make

    def make(text: str, **how: object) -> segno.QRCode:
        drawn.append(text)
        return real(text, **how)

    monkeypatch.setattr(one_time_codes.segno, "make", make)
    picture = to_scan(RFC_SECRET, "佐藤", "見本 銀行")
    assert picture.startswith("<svg")
    assert "style=" not in picture, "the content security policy lets no style in a page stand"
    (uri,) = drawn
    assert uri.startswith("otpauth://totp/")
    assert "+" not in uri
    asked = {name: values[0] for name, values in parse_qs(urlsplit(uri).query).items()}
    assert asked["secret"] == to_type(RFC_SECRET).replace(" ", "") == "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert (asked["issuer"], asked["digits"], asked["period"]) == ("見本 銀行", "6", "30")
