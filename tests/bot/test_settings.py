"""Settings: where they come from, what wins, and one sentence for each that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.problems import SettingsProblem
from bot.settings import Settings, load_settings
from bot.sign_on.settings import SignOnSettings

#: The contract's names and what holds where nobody says otherwise.
CONTRACT = {
    "database_url": "sqlite:///kakunin.db",
    "host": "127.0.0.1",
    "port": 8080,
    "console_host": "127.0.0.1",
    "console_port": 8081,
    "trusted_proxies": (),
    "public_url": "",
    "encryption_keys": None,
    "content_dir": None,
    "default_locale": "ja",
    "costs": "",
    "letter_window": (20, 12, 90, 45),
    "double_entry": (),
    "scan_number": "[A-Za-z0-9-]{4,32}",
    "metrics_port": 0,
    "log_format": "text",
    "time_zone": "Asia/Tokyo",
    "sensitive_channels": ("line",),
    "line_channel_secret": None,
    "line_channel_access_token": None,
    "line_channel_id": "",
    "line_assertion_key_file": None,
    "line_basic_id": "",
    "line_notifications": False,
    "line_account_link_url": "",
    "line_account_link_secret": None,
    "line_api_base": "https://api.line.me",
    "line_data_api_base": "https://api-data.line.me",
    "telegram_bot_token": None,
    "telegram_bot_username": "",
    "telegram_secret_token": None,
    "telegram_mode": "webhook",
    "telegram_api_base": "https://api.telegram.org",
    "telegram_calls_per_second": 30,
    "sqlite_synchronous": "full",
    "allow_drafts": False,
    "audit_head_file": None,
    "audit_head_minutes": 60,
    "ask_again_days": 3,
    "retention_years": 7,
    "retention_words_months": 24,
    "erasure_file": None,
    "image_days": 30,
    "call_tries": 3,
    "visit_tries": 2,
    "rest_days": (),
    "export_days": 7,
    "drop_folder": None,
    "drop_hours": 24,
    "drop_encoding": "utf-8-sig",
    **dict.fromkeys(("sftp_url", "hook_url"), ""),
    **dict.fromkeys(("sftp_known_hosts", "sftp_key", "sftp_key_passphrase", "sftp_password", "hook_secret")),
    "sftp_host_key": (),
    "sftp_at": ("02:00",),
    "sftp_format": "csv",
    "sftp_encoding": "utf-8-sig",
    "sftp_status": "reconciled",
    "hook_kinds": ("submission", "difference", "hand_over"),
    "hook_days": 30,
    "office_hours": "09:00-17:00",
    "office_days": ("mon", "tue", "wed", "thu", "fri"),
    "office_closed": ("12-31", "01-02", "01-03"),
    "office_on_holidays": False,
    "wait_told_minutes": 5,
    "wait_most_minutes": 15,
    "staff_idle_minutes": 15,
    "waiting_alert_minutes": 10,
    "second_factor_roles": ("approver", "auditor", "admin"),
    "encoder": "auto",
}


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting of whoever runs the tests."""
    import os

    for name in list(os.environ):
        if name.startswith("KAKUNIN_"):
            monkeypatch.delenv(name)


def test_every_setting_of_the_contract_has_its_default() -> None:
    settings = load_settings()
    assert {name: getattr(settings, name) for name in CONTRACT} == CONTRACT
    # What is about signing in at a provider stands in tests/bot/test_sign_on_settings.py.
    others = {"bank_name", "bank_phone"} | set(SignOnSettings.model_fields)
    assert set(Settings.model_fields) == set(CONTRACT) | others


def test_environment_wins_over_file_and_file_over_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "kakunin.toml"
    config.write_text(
        'bank_name = "北銀行"\nport = 9000\nsensitive_channels = ["line", "telegram"]\n', encoding="utf-8"
    )
    monkeypatch.setenv("KAKUNIN_CONFIG", str(config))
    monkeypatch.setenv("KAKUNIN_PORT", "9001")
    settings = load_settings()
    assert (settings.bank_name, settings.port, settings.host) == ("北銀行", 9001, "127.0.0.1")
    assert settings.sensitive_channels == ("line", "telegram")


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKUNIN_SENSITIVE_CHANNELS", "line, telegram,")
    monkeypatch.setenv("KAKUNIN_TRUSTED_PROXIES", "")
    settings = load_settings()
    assert settings.sensitive_channels == ("line", "telegram")
    assert settings.trusted_proxies == ()


def test_the_bank_decides_how_often_people_are_tried_and_for_how_long_they_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shipped = load_settings().try_rules
    assert (shipped.most["phone"], shipped.most["visit"], shipped.rest["voicemail"]) == (3, 2, 2)
    monkeypatch.setenv("KAKUNIN_CALL_TRIES", "5")
    monkeypatch.setenv("KAKUNIN_REST_DAYS", "no_answer:2, in_care:0")
    rules = load_settings().try_rules
    assert (rules.most["phone"], rules.most["visit"]) == (5, 2)
    assert (rules.rest["no_answer"], rules.rest["in_care"], rules.rest["voicemail"]) == (2, 0, 2)


#: Of a length and form that any of them may have.
SECRET = "whsec_s3cretAndLongEnoughForAnyOfThem00000"
SECRETS = [name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]


@pytest.mark.parametrize("name", SECRETS)
def test_every_secret_may_stand_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    monkeypatch.setenv(f"KAKUNIN_{name.upper()}_FILE", str(file))
    value = getattr(load_settings(), name)
    assert isinstance(value, SecretStr)
    assert value.get_secret_value() == SECRET
    assert "s3cret" not in repr(load_settings())


def test_secrets_are_what_the_contract_calls_secret() -> None:
    assert {"encryption_keys", "line_channel_secret", "telegram_bot_token"} < set(SECRETS)
    assert {"line_channel_access_token", "telegram_secret_token"} < set(SECRETS)


def test_a_missing_secret_file_is_named_by_its_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KAKUNIN_TELEGRAM_BOT_TOKEN_FILE", str(tmp_path / "nothing"))
    with pytest.raises(SettingsProblem, match="KAKUNIN_TELEGRAM_BOT_TOKEN_FILE"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "eighty"),
        ("PORT", "70000"),
        ("TIME_ZONE", "Asia/Atlantis"),
        ("TIME_ZONE", "../etc"),
        ("DEFAULT_LOCALE", "fr"),
        ("TELEGRAM_MODE", "carrier pigeon"),
        ("SQLITE_SYNCHRONOUS", "off"),
        ("ALLOW_DRAFTS", "perhaps"),
        ("LINE_ACCOUNT_LINK_URL", "http://bank.example/login"),
        ("LINE_ACCOUNT_LINK_URL", "javascript://bank.example/%0aalert(1)"),
        ("LINE_ACCOUNT_LINK_URL", "https:///login"),
        ("LINE_ACCOUNT_LINK_URL", "https://user:word@bank.example/login"),
        ("LINE_ACCOUNT_LINK_URL", "https://bank.example/login?linkToken=x"),
        ("LINE_ACCOUNT_LINK_URL", "https://bank.example/" + "a" * 700),
        ("LINE_ACCOUNT_LINK_SECRET", "much-too-short"),
        ("CALL_TRIES", "0"),
        ("REST_DAYS", "no_answer"),
        ("REST_DAYS", "no_answer:soon"),
        ("REST_DAYS", "no_answer:400"),
        ("REST_DAYS", "lunch:1"),
        ("REST_DAYS", "refused:30"),
    ],
)
def test_what_cannot_be_used_is_named_and_not_quoted(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"KAKUNIN_{name}", value)
    with pytest.raises(SettingsProblem) as problem:
        load_settings()
    assert f"KAKUNIN_{name}" in str(problem.value)
    assert value not in str(problem.value)
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize("text", ["port = ", "unknown_setting = 1", "\udcff"])
def test_a_config_file_that_cannot_be_used(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "kakunin.toml"
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    monkeypatch.setenv("KAKUNIN_CONFIG", str(config))
    with pytest.raises(SettingsProblem) as problem:
        load_settings()
    assert "\n" not in str(problem.value)


def test_a_config_file_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKUNIN_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(SettingsProblem, match="KAKUNIN_CONFIG"):
        load_settings()


@pytest.mark.parametrize(
    ("settings", "line", "telegram"),
    [
        ({}, False, False),
        ({"line_channel_secret": "a"}, False, False),
        ({"line_channel_secret": "a", "line_channel_access_token": "b"}, True, False),
        ({"telegram_bot_token": "1:a"}, False, False),
        ({"telegram_bot_token": "1:a", "telegram_secret_token": "b"}, False, True),
        ({"telegram_bot_token": "1:a", "telegram_mode": "polling"}, False, True),
    ],
)
def test_a_channel_without_its_secrets_is_off(settings: dict[str, str], line: bool, telegram: bool) -> None:
    loaded = load_settings(**settings)
    assert (loaded.line_is_on, loaded.telegram_is_on) == (line, telegram)


@pytest.mark.parametrize("text", ["letter", "letter=x", "letter=-1", "stamp=80", "letter=NaN", "=1"])
def test_prices_are_yen_of_known_kinds(text: str) -> None:
    with pytest.raises(SettingsProblem, match="KAKUNIN_COSTS is KIND=YEN"):
        load_settings(costs=text)
