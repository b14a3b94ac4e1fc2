"""The settings of sign-in at the bank's identity provider, and what they come to.

Promise: what is half set, contradicts itself or would let more people in than was said stops the program with one
sentence; without an issuer everything stays as it is without a provider.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode

from bot.problems import SettingsProblem
from bot.settings_values import empty_is_unset, split_list

#: As in ``storage.staff``, which is too heavy for the settings of every command.
_ROLES = frozenset({"operator", "back_office", "approver", "auditor", "admin"})
#: Where the provider sends people back to, below the address of the console.
CALLBACK = "/console/sign-in/elsewhere/done"


@dataclass(frozen=True, kw_only=True)
class SignOn:
    """How staff sign in at the provider."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    #: The public address of the console, without a slash at its end.
    console_url: str
    #: What the button says; empty: the general words.
    name: str = ""
    scope: str = "openid profile email"
    #: One of these in ``acr`` or ``amr`` shows that the provider asked for a second factor.
    acr_values: tuple[str, ...] = ()
    amr_values: tuple[str, ...] = ()
    #: The claim that holds a member's login name; empty: only who is linked by subject comes in.
    login_claim: str = ""
    #: The claim that holds groups, and which of them stand for which role, the first that fits counting.
    role_claim: str = ""
    role_map: tuple[tuple[str, str], ...] = ()
    #: The claim that holds numbers of branches, and the value in it that stands for the head office.
    branch_claim: str = ""
    head_office: str = "head-office"
    #: Logins of the accounts for an emergency, which no claim names.
    break_glass: tuple[str, ...] = ()

    @property
    def redirect_uri(self) -> str:
        """What is registered with the provider."""
        return f"{self.console_url}{CALLBACK}"

    @property
    def makes_members(self) -> bool:
        """Whether who is not known yet becomes a member by his claims; login, role and branches must all be said."""
        return bool(self.login_claim and self.role_claim and self.branch_claim)


class SignOnSettings(BaseSettings):
    """The part of all settings that is about signing in."""

    console_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_name: str = ""
    oidc_scope: str = "openid profile email"
    oidc_acr_values: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_amr_values: Annotated[tuple[str, ...], NoDecode] = ()
    oidc_login_claim: str = ""
    oidc_role_claim: str = ""
    oidc_role_map: str = ""
    oidc_branch_claim: str = ""
    oidc_head_office: str = "head-office"
    local_sign_in: Literal["everybody", "break_glass"] = "everybody"
    break_glass: Annotated[tuple[str, ...], NoDecode] = ()

    _split_names = field_validator("oidc_acr_values", "oidc_amr_values", "break_glass", mode="before")(split_list)

    _no_empty_secret = field_validator("oidc_client_secret", mode="before")(empty_is_unset)

    @field_validator("console_url", "oidc_issuer")
    @classmethod
    def _safe_address(cls, value: str) -> str:
        if value and not is_safe(value):
            raise ValueError("is no https address")
        return value

    @field_validator("oidc_role_map")
    @classmethod
    def _known_roles_only(cls, value: str) -> str:
        for group, role in read_role_map(value):
            if not group or role not in _ROLES:
                raise ValueError(f"is GROUP=ROLE;GROUP=ROLE with roles of {', '.join(sorted(_ROLES))}")
        return value

    def read_sign_on(self) -> SignOn | None:
        """How staff sign in at the provider, ``None`` where there is none; raises ``SettingsProblem``."""
        if not self.oidc_issuer:
            if self.local_sign_in == "break_glass":
                raise SettingsProblem("KAKUNIN_LOCAL_SIGN_IN is break_glass, but KAKUNIN_OIDC_ISSUER is not set.")
            return None
        secret = self.oidc_client_secret
        for name, value in (
            ("CONSOLE_URL", self.console_url),
            ("OIDC_CLIENT_ID", self.oidc_client_id),
            ("OIDC_CLIENT_SECRET", secret),
        ):
            if not value:
                raise SettingsProblem(f"KAKUNIN_OIDC_ISSUER is set, and KAKUNIN_{name} is missing.")
        if bool(self.oidc_role_claim) != bool(self.oidc_role_map):
            raise SettingsProblem("KAKUNIN_OIDC_ROLE_CLAIM and KAKUNIN_OIDC_ROLE_MAP are set together or not at all.")
        if "openid" not in self.oidc_scope.split():
            raise SettingsProblem("KAKUNIN_OIDC_SCOPE must hold openid.")
        if self.local_sign_in == "break_glass" and not self.break_glass:
            # Who has no way in but the provider stands before a closed door when that is down.
            raise SettingsProblem("KAKUNIN_LOCAL_SIGN_IN is break_glass, and KAKUNIN_BREAK_GLASS names nobody.")
        assert secret is not None
        return SignOn(
            issuer=self.oidc_issuer,
            client_id=self.oidc_client_id,
            client_secret=secret.get_secret_value(),
            console_url=self.console_url.rstrip("/"),
            name=self.oidc_name.strip(),
            scope=self.oidc_scope,
            acr_values=self.oidc_acr_values,
            amr_values=self.oidc_amr_values,
            login_claim=self.oidc_login_claim,
            role_claim=self.oidc_role_claim,
            role_map=tuple(read_role_map(self.oidc_role_map)),
            branch_claim=self.oidc_branch_claim,
            head_office=self.oidc_head_office,
            break_glass=self.break_glass,
        )

    def may_sign_in_here(self, login: str) -> bool:
        """Whether the password of this login opens the console."""
        return self.local_sign_in == "everybody" or login in self.break_glass


def read_role_map(text: str) -> list[tuple[str, str]]:
    """Groups and roles in their order; names of groups may hold equal signs and commas, but no semicolon."""
    parts = [part.rpartition("=") for part in text.split(";") if part.strip()]
    return [(group.strip(), role.strip()) for group, _, role in parts]


def is_safe(address: str) -> bool:
    """Whether an address is https; http is for this machine alone, for tests and trials."""
    parts = urlsplit(address)
    near = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    plain = "@" not in parts.netloc and not parts.query and not parts.fragment
    return bool(parts.hostname) and plain and (parts.scheme == "https" or near)
