"""The settings of sign-in at a provider: what is half set or contradicts itself stops the program."""

from __future__ import annotations

import pytest

from bot.problems import SettingsProblem
from bot.settings import load_settings
from bot.sign_on.settings import SignOnSettings

DEFAULTS = {
    "console_url": "",
    "oidc_issuer": "",
    "oidc_client_id": "",
    "oidc_client_secret": None,
    "oidc_name": "",
    "oidc_scope": "openid profile email",
    "oidc_acr_values": (),
    "oidc_amr_values": (),
    "oidc_login_claim": "",
    "oidc_role_claim": "",
    "oidc_role_map": "",
    "oidc_branch_claim": "",
    "oidc_head_office": "head-office",
    "local_sign_in": "everybody",
    "break_glass": (),
}
WHOLE = {
    "console_url": "https://console.example.co.jp/",
    "oidc_issuer": "https://id.example.co.jp/realm",
    "oidc_client_id": "kakunin",
    "oidc_client_secret": "s",
}


def test_without_an_issuer_there_is_no_provider() -> None:
    settings = load_settings()
    assert settings.read_sign_on() is None
    assert {name: getattr(settings, name) for name in SignOnSettings.model_fields} == DEFAULTS


def test_the_whole_of_it() -> None:
    how = load_settings(**WHOLE, oidc_role_claim="g", oidc_role_map="a=b,c=admin;d=operator").read_sign_on()
    assert how is not None
    assert how.redirect_uri == "https://console.example.co.jp/console/sign-in/elsewhere/done"
    assert how.role_map == (("a=b,c", "admin"), ("d", "operator"))
    assert not how.makes_members
    assert "'s'" not in repr(how)


def test_the_secret_may_stand_in_a_file(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "secret"
    file.write_text("from a file\n")
    monkeypatch.setenv("KAKUNIN_OIDC_CLIENT_SECRET_FILE", str(file))
    how = load_settings(**{name: value for name, value in WHOLE.items() if "secret" not in name}).read_sign_on()
    assert how is not None
    assert how.client_secret == "from a file"


@pytest.mark.parametrize("name", ["console_url", "oidc_client_id", "oidc_client_secret"])
def test_half_of_it_is_refused(name: str) -> None:
    with pytest.raises(SettingsProblem, match=f"KAKUNIN_{name.upper()} is missing"):
        load_settings(**WHOLE | {name: ""}).read_sign_on()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"oidc_issuer": "http://id.example.co.jp"}, "KAKUNIN_OIDC_ISSUER is no https address"),
        ({"oidc_issuer": "https://id.example.co.jp?tenant=1"}, "KAKUNIN_OIDC_ISSUER is no https address"),
        ({"console_url": "https://me@console.example"}, "KAKUNIN_CONSOLE_URL is no https address"),
        ({"oidc_role_map": "a=boss"}, "KAKUNIN_OIDC_ROLE_MAP is GROUP=ROLE"),
        ({"oidc_role_map": "=admin"}, "KAKUNIN_OIDC_ROLE_MAP is GROUP=ROLE"),
        ({"oidc_role_claim": "groups"}, "set together or not at all"),
        ({"oidc_scope": "profile"}, "must hold openid"),
        ({"local_sign_in": "break_glass"}, "KAKUNIN_BREAK_GLASS names nobody"),
        ({"oidc_issuer": "", "local_sign_in": "break_glass"}, "KAKUNIN_OIDC_ISSUER is not set"),
    ],
)
def test_what_contradicts_itself_is_refused(more: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsProblem, match=said):
        load_settings(**WHOLE | more).read_sign_on()
