"""The settings of one deployment: environment ``KAKUNIN_*``, over a TOML file, over defaults.

Every secret may also stand in a file named by ``KAKUNIN_<NAME>_FILE``, so that it need not stand in
the environment.  Names are the contract's and are never renamed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.sources import TomlConfigSettingsSource

from bot.costs import read_costs
from bot.office_hours import DAYS, DayName, OfficeHours, parse_closed, parse_hours
from bot.outlet_settings import OutletSettings
from bot.problems import SettingsProblem
from bot.settings_values import empty_is_unset, split_list
from bot.sign_on.settings import SignOnSettings

if TYPE_CHECKING:
    from storage.contacts import TryRules

_PREFIX = "KAKUNIN_"
_CONFIG = f"{_PREFIX}CONFIG"
#: LINE takes addresses of 1000 signs, the link token included.
_LONGEST_PAGE = 700
#: With which the bank signs: shorter ones can be tried out.
_SHORTEST_SECRET = 32
#: Days after which a result of a call or a visit says nothing any more.
_LONGEST_REST = 365
#: As in ``storage.staff``, which is too heavy for the settings of every command.
_ROLES = frozenset({"operator", "back_office", "approver", "auditor", "admin"})
#: The port of an address as the store's driver reads it: a password may hold a slash.
_PORT = re.compile(r"[\w+]+://(?:[^:/@]*(?::[^@]*)?@)?+(?:\[[^\]]*\]|[^/:?]*):(?P<port>[^/?]*)", re.ASCII)


def _rest_of(parts: tuple[str, ...]) -> dict[str, int]:
    """The days after each result, of ``result:days``."""
    found: dict[str, int] = {}
    for part in parts:
        result, _, days = part.partition(":")
        if not (days.isdecimal() and days.isascii() and int(days) <= _LONGEST_REST):
            raise ValueError(
                f"is a list of RESULT:DAYS with 0 to {_LONGEST_REST} days, for example voicemail:1,sent:14"
            )
        found[result.strip()] = int(days)
    return found


class Settings(SignOnSettings, OutletSettings):
    """All settings; secrets are ``SecretStr`` so that no repr shows them."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True)

    database_url: str = "sqlite:///kakunin.db"
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    console_host: str = "127.0.0.1"
    console_port: int = Field(default=8081, ge=0, le=65535)
    metrics_port: int = Field(default=0, ge=0, le=65535)
    log_format: Literal["text", "json"] = "text"
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ()
    second_factor_roles: Annotated[tuple[str, ...], NoDecode] = ("approver", "auditor", "admin")
    public_url: str = ""
    encryption_keys: SecretStr | None = None
    content_dir: Path | None = None
    bank_name: str = "サンプル銀行"
    bank_phone: str = "0120-000-000"
    costs: str = ""
    letter_window: Annotated[tuple[int, int, int, int], NoDecode] = (20, 12, 90, 45)
    default_locale: Literal["ja", "en"] = "ja"
    time_zone: str = "Asia/Tokyo"
    sensitive_channels: Annotated[tuple[str, ...], NoDecode] = ("line",)
    waiting_alert_minutes: int = Field(default=10, ge=1, le=1440)
    image_days: int = Field(default=30, ge=1, le=3650)
    double_entry: Annotated[tuple[Literal["paper", "phone"], ...], NoDecode] = ()
    scan_number: str = "[A-Za-z0-9-]{4,32}"
    export_days: int = Field(default=7, ge=1, le=90)
    drop_folder: Path | None = None
    drop_hours: int = Field(default=24, ge=1, le=744)
    drop_encoding: Literal["utf-8-sig", "utf-8", "cp932"] = "utf-8-sig"
    office_hours: str = "09:00-17:00"
    office_days: Annotated[tuple[DayName, ...], NoDecode] = ("mon", "tue", "wed", "thu", "fri")
    office_closed: Annotated[tuple[str, ...], NoDecode] = ("12-31", "01-02", "01-03")
    office_on_holidays: bool = False
    call_tries: int = Field(default=3, ge=1, le=20)
    visit_tries: int = Field(default=2, ge=1, le=20)
    rest_days: Annotated[tuple[str, ...], NoDecode] = ()
    wait_told_minutes: int = Field(default=5, ge=1, le=1440)
    wait_most_minutes: int = Field(default=15, ge=2, le=1440)
    staff_idle_minutes: int = Field(default=15, ge=1, le=1440)
    line_channel_secret: SecretStr | None = None
    line_channel_access_token: SecretStr | None = None
    line_channel_id: str = ""
    line_assertion_key_file: Path | None = None
    line_basic_id: str = ""
    line_notifications: bool = False
    line_account_link_url: str = ""
    line_account_link_secret: SecretStr | None = None
    line_api_base: str = "https://api.line.me"
    line_data_api_base: str = "https://api-data.line.me"
    telegram_bot_token: SecretStr | None = None
    telegram_bot_username: str = ""
    telegram_secret_token: SecretStr | None = None
    telegram_mode: Literal["webhook", "polling"] = "webhook"
    telegram_api_base: str = "https://api.telegram.org"
    telegram_calls_per_second: int = Field(default=30, ge=0, le=1000)
    audit_head_file: Path | None = None
    audit_head_minutes: int = Field(default=60, ge=1)
    ask_again_days: int = Field(default=3, ge=0, le=60)
    retention_years: int = Field(default=7, ge=1, le=100)
    retention_words_months: int = Field(default=24, ge=1, le=1200)
    erasure_file: Path | None = None
    sqlite_synchronous: Literal["full", "normal"] = "full"
    allow_drafts: bool = False
    encoder: Literal["auto", "on", "off"] = "auto"

    _split = field_validator(
        *("sensitive_channels", "trusted_proxies", "second_factor_roles", "office_days", "office_closed"),
        *("letter_window", "double_entry", "rest_days"),
        mode="before",
    )(split_list)

    _empty_is_unset = field_validator(
        "encryption_keys",
        "line_channel_secret",
        "line_channel_access_token",
        "line_account_link_secret",
        "telegram_bot_token",
        "telegram_secret_token",
        "content_dir",
        "line_assertion_key_file",
        "audit_head_file",
        "erasure_file",
        "drop_folder",
        mode="before",
    )(empty_is_unset)

    @field_validator("costs")
    @classmethod
    def _prices(cls, value: str) -> str:
        read_costs(value)
        return value

    @field_validator("letter_window")
    @classmethod
    def _window_of_the_page(cls, value: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
        # A page of A4 folded in three, with room for who writes beside the window and for the title below it.
        left, top, width, height = value
        if not (left >= 5 and top >= 5 and width >= 60 and height >= 30 and left + width <= 135 and top + height <= 62):
            raise ValueError("is left,top,width,height in mm: within 5-135 and 5-62, at least 60 wide and 30 high")
        return value

    @field_validator("second_factor_roles")
    @classmethod
    def _known_roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        # A mistyped role would sign in without its second factor, and nobody would notice.
        if set(value) - _ROLES:
            raise ValueError(f"names other roles than {', '.join(sorted(_ROLES))}")
        return value

    @field_validator("content_dir")
    @classmethod
    def _existing_folder(cls, value: Path | None) -> Path | None:
        # A mistyped folder must not pass for "nothing of our own": the shipped texts would go live.
        if value is not None and not value.is_dir():
            raise ValueError("names no folder; it holds questionnaires/ and locales/")
        return value

    @field_validator("line_account_link_url")
    @classmethod
    def _page_for_customers(cls, value: str) -> str:
        if value:
            parts = urlsplit(value)
            # On this machine only, for the demo: a customer's login goes over nothing but https.
            near = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
            if not (parts.hostname and (parts.scheme == "https" or near)) or "@" in parts.netloc:
                raise ValueError("is no https address of a page")
            if len(value) > _LONGEST_PAGE or not value.isascii() or "linkToken" in parts.query:
                raise ValueError(f"must be at most {_LONGEST_PAGE} ASCII signs and bring no linkToken of its own")
        return value

    @field_validator("line_account_link_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < _SHORTEST_SECRET:
            raise ValueError(f"must be at least {_SHORTEST_SECRET} signs long")
        return value

    @field_validator("database_url")
    @classmethod
    def _numbered_port(cls, value: str) -> str:
        found = _PORT.match(value)
        if found is not None and not (found["port"].isdecimal() and int(found["port"]) <= 65535):
            raise ValueError("has a port that is no number; in a password, ':' and '@' are written %3A and %40")
        return value

    @field_validator("scan_number")
    @classmethod
    def _pattern(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error:
            raise ValueError("is no regular expression") from None
        return value

    @field_validator("office_hours")
    @classmethod
    def _span_of_hours(cls, value: str) -> str:
        parse_hours(value)
        return value.strip()

    @field_validator("office_days")
    @classmethod
    def _some_day(cls, value: tuple[DayName, ...]) -> tuple[DayName, ...]:
        if not value:
            raise ValueError("names no day; where nobody ever comes, nobody must be promised")
        return value

    @field_validator("office_closed")
    @classmethod
    def _days_of_the_calendar(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for day in value:
            parse_closed(day)
        return value

    @field_validator("rest_days")
    @classmethod
    def _days_after_results(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value:
            from storage.contacts import SHIPPED_RULES

            SHIPPED_RULES.with_rest(_rest_of(value))
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # OSError: "Asia" is a folder of zones.
            raise ValueError("is no known time zone, for example Asia/Tokyo") from None
        return value

    @property
    def office(self) -> OfficeHours:
        """When staff are there."""
        return OfficeHours(
            zone=ZoneInfo(self.time_zone),
            hours=parse_hours(self.office_hours),
            days=frozenset(DAYS.index(day) for day in self.office_days),
            on_holidays=self.office_on_holidays,
            closed=frozenset(map(parse_closed, self.office_closed)),
        )

    @property
    def try_rules(self) -> TryRules:
        """How often people are called and visited, and how long each result rests."""
        from storage.contacts import TryRules

        rules = TryRules(most={"phone": self.call_tries, "visit": self.visit_tries})
        return rules.with_rest(_rest_of(self.rest_days))

    @property
    def line_is_on(self) -> bool:
        return self.line_channel_secret is not None and (
            self.line_channel_access_token is not None or self.line_issues_tokens
        )

    @property
    def line_issues_tokens(self) -> bool:
        """Whether short-lived access tokens are issued with the channel's key; a long-lived one goes before them."""
        can = bool(self.line_channel_id) and self.line_assertion_key_file is not None
        return can and self.line_channel_access_token is None

    @property
    def account_link_is_on(self) -> bool:
        """Whether customers may link their account by logging in at the bank."""
        return self.line_is_on and bool(self.line_account_link_url) and self.line_account_link_secret is not None

    @property
    def telegram_is_on(self) -> bool:
        return self.telegram_bot_token is not None and (
            self.telegram_mode == "polling" or self.telegram_secret_token is not None
        )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        sources = [init_settings, env_settings, _SecretFiles(settings_cls)]
        config = os.environ.get(_CONFIG)
        if config:
            sources.append(TomlConfigSettingsSource(settings_cls, toml_file=Path(config)))
        return tuple(sources)


class _SecretFiles(PydanticBaseSettingsSource):
    """``KAKUNIN_<NAME>_FILE``: the value is the file's content without its final newline."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{_PREFIX}{field_name.upper()}_FILE")
        if path is None or "SecretStr" not in str(field.annotation):
            return None, field_name, False
        try:
            secret = Path(path).read_text(encoding="utf-8-sig").strip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise SettingsProblem(f"{_PREFIX}{field_name.upper()}_FILE names a file that cannot be read.") from None
        if not secret.strip():
            raise SettingsProblem(f"{_PREFIX}{field_name.upper()}_FILE names a file that is empty.")
        return secret, field_name, False

    def __call__(self) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                values[key] = value
        return values


def load_settings(**overrides: Any) -> Settings:
    """The settings of this process; raises ``SettingsProblem`` with one sentence naming the setting."""
    config = os.environ.get(_CONFIG)
    if config and not Path(config).is_file():
        raise SettingsProblem(f"{_CONFIG} names {config!r}, which is no file.")
    try:
        return Settings(**overrides)
    except ValidationError as error:
        raise SettingsProblem(_sentence(error)) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(f"The file named by {_CONFIG} is not TOML: {error}.") from None
    except UnicodeDecodeError:
        raise SettingsProblem(f"The file named by {_CONFIG} is not UTF-8.") from None
    except OSError as error:
        raise SettingsProblem(f"The file named by {_CONFIG} cannot be read: {error.strerror}.") from None


def _sentence(error: ValidationError) -> str:
    """The first thing that is wrong, without the value: it may be a secret."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    name = "_".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"The file named by {_CONFIG} has a setting that is not known: {name}."
    return f"{_PREFIX}{name.upper()} {first['msg'].removeprefix('Value error, ')}."


def unknown_variables() -> Iterator[str]:
    """Names of the environment that look like ours and are read by nobody: a typing error switches a channel off."""
    known = {_CONFIG}
    for name, field in Settings.model_fields.items():
        known.add(f"{_PREFIX}{name.upper()}")
        if "SecretStr" in str(field.annotation):
            known.add(f"{_PREFIX}{name.upper()}_FILE")
    yield from sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in known)
