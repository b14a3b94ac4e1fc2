"""Sealing, digests and the key file."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from storage.encryption import DigestKind, Keyring, Vault, canonical_json, load_or_make_key_file
from storage.problems import KeyProblem


def key(byte: int) -> str:
    return base64.b64encode(bytes([byte]) * 32).decode()


OLD = Keyring.parse(f"old:{key(1)}")
BOTH = Keyring.parse(f"new:{key(2)}, old:{key(1)}")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(), json_values))
def test_what_was_sealed_opens_as_it_was(mapping: dict[str, object]) -> None:
    assert OLD.open("customer", "1", OLD.seal("customer", "1", mapping)) == mapping


def test_half_a_surrogate_pair_is_kept() -> None:
    assert OLD.open("t", "1", OLD.seal("t", "1", {"text": "a\ud83d"})) == {"text": "a\ud83d"}


def test_canonical_json_sorts_and_keeps_characters() -> None:
    assert canonical_json({"b": 1, "a": "髙"}) == '{"a":"髙","b":1}'.encode()


def test_the_same_record_never_seals_to_the_same_bytes() -> None:
    assert OLD.seal("t", "1", {"a": 1}) != OLD.seal("t", "1", {"a": 1})


@pytest.mark.parametrize(("table", "row"), [("other", "1"), ("t", "2")])
def test_a_sealed_value_opens_in_no_other_place(table: str, row: str) -> None:
    blob = OLD.seal("t", "1", {"name": "山田"})
    with pytest.raises(KeyProblem, match="does not open"):
        OLD.open(table, row, blob)


def test_bytes_are_sealed_like_a_record_so_that_any_sealed_value_can_be_sealed_again() -> None:
    picture = bytes(range(256))
    blob = OLD.seal_bytes("t", "1", picture)
    assert picture[:16] not in blob
    assert BOTH.open_bytes("t", "1", blob) == picture
    with pytest.raises(KeyProblem, match="does not open"):
        OLD.open_bytes("t", "2", blob)
    record = OLD.seal("t", "1", {"a": 1})
    again = BOTH.seal_bytes("t", "1", BOTH.open_bytes("t", "1", record))
    assert Keyring.parse(f"new:{key(2)}").open("t", "1", again) == {"a": 1}


def test_what_is_the_same_for_several_rows_opens_in_each_of_them_and_nowhere_else() -> None:
    ids, body = ["1", "2", "3"], canonical_json({"text": "同じ"})
    sealed = OLD.seal_alike("content", ids, body)
    assert len(set(sealed)) == 3
    # A nonce of its own for each, or two that say the same would show it.
    assert len({blob[: -len(body) - 16] for blob in sealed}) == 3
    for row_id, blob in zip(ids, sealed, strict=True):
        assert OLD.open("content", row_id, blob) == {"text": "同じ"}
        for other in {"1", "2", "3"} - {row_id}:
            with pytest.raises(KeyProblem):
                OLD.open("content", other, blob)
    assert OLD.seal_alike("content", [], body) == []


def test_every_changed_bit_is_noticed() -> None:
    blob = OLD.seal("t", "1", {"a": "b"})
    for place in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(KeyProblem):
            OLD.open("t", "1", bytes(changed))


@pytest.mark.parametrize("length", range(0, 40, 3))
def test_a_cut_value_is_noticed(length: int) -> None:
    with pytest.raises(KeyProblem):
        OLD.open("t", "1", OLD.seal("t", "1", {"a": "b"})[:length])


def test_an_old_key_still_opens_and_the_first_key_seals() -> None:
    blob = OLD.seal("t", "1", {"a": 1})
    assert BOTH.open("t", "1", blob) == {"a": 1}
    with pytest.raises(KeyProblem, match="'new'"):
        OLD.open("t", "1", BOTH.seal("t", "1", {"a": 1}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No encryption key"),
        ("abc", "id:base64key"),
        ("a:!!!", "base64"),
        (f"a:{base64.b64encode(b'short').decode()}", "32 bytes long, not 5"),
        (f"a:{key(1)},a:{key(2)}", "twice"),
        (f"ä:{key(1)}", "id of encryption key 1"),
        (f":{key(1)}", "id of encryption key 1"),
    ],
)
def test_a_malformed_key_list_is_refused_in_one_sentence_without_the_key(text: str, message: str) -> None:
    with pytest.raises(KeyProblem, match=message) as caught:
        Keyring.parse(text)
    assert key(1) not in str(caught.value)


def test_no_repr_shows_a_key() -> None:
    vault = Vault(OLD, bytes(32))
    assert repr(OLD) == "Keyring(key_ids=('old',))"
    assert repr(vault) == "Vault(***)"


def test_each_kind_of_digest_has_its_own_key_and_each_root_its_own_digests() -> None:
    first, second = Vault(OLD, bytes(32)), Vault(OLD, bytes([1]) * 32)
    digests = [vault.digest(kind, "x") for vault in (first, second) for kind in DigestKind]
    digests += [first.session_digest("token", "x"), first.session_digest("csrf", "x"), first.audit_key]
    assert len(set(digests)) == len(digests)
    assert {len(digest) for digest in digests} == {32}
    assert first.digest(DigestKind.RECEIPT, "x") == Vault(BOTH, bytes(32)).digest(DigestKind.RECEIPT, "x")


def test_the_closed_list_of_digests() -> None:
    assert [kind.value for kind in DigestKind] == [
        "link_code",
        "channel_user",
        "full_name",
        "full_phone",
        "receipt",
        "bank_login",
        "master_row",
    ]


def test_a_key_file_is_made_once_and_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "kakunin.key"
    keyring, made = load_or_make_key_file(path, make=True)
    assert made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again, made_again = load_or_make_key_file(path, make=True)
    assert not made_again
    assert again.open("t", "1", keyring.seal("t", "1", {"a": 1})) == {"a": 1}
    assert [one.name for one in tmp_path.iterdir()] == ["kakunin.key"]


def test_a_missing_key_file_is_not_replaced_beside_an_existing_store(tmp_path: Path) -> None:
    with pytest.raises(KeyProblem, match="missing"):
        load_or_make_key_file(tmp_path / "kakunin.key", make=False)
    assert list(tmp_path.iterdir()) == []


def test_a_broken_key_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "kakunin.key"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(KeyProblem, match=r"kakunin\.key beside the store cannot be read"):
        load_or_make_key_file(path, make=True)
