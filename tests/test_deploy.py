"""The files in deploy/ fit the program: every setting, role, port and secret that they name is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli.service import ROLES
from bot.settings import Settings

DEPLOY = Path(__file__).resolve().parents[1] / "deploy"
UNITS = sorted(path for path in (DEPLOY / "systemd").iterdir() if path.suffix in (".service", ".timer"))
ENVIRONMENTS = sorted((DEPLOY / "systemd").glob("*.env"))
#: What the specification of compose files allows in a service, as far as it is used here.
SERVICE = set(
    "image build restart read_only tmpfs cap_drop security_opt stop_grace_period volumes secrets command environment "  # noqa: SIM905
    "depends_on ports healthcheck profiles entrypoint".split()
)


def variables(path: Path) -> dict[str, str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def known(name: str) -> bool:
    """Whether the program reads this variable."""
    fields = {f"KAKUNIN_{field.upper()}": str(one.annotation) for field, one in Settings.model_fields.items()}
    return name in fields or (name.endswith("_FILE") and "SecretStr" in fields.get(name.removesuffix("_FILE"), ""))


# systemd --------------------------------------------------------------------------------------


def settings_of(unit: Path) -> list[tuple[str, str]]:
    found = []
    for line in unit.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "[")):
            name, _, value = line.partition("=")
            found.append((name, value))
    return found


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_one(unit: Path) -> None:
    """Sections and settings in the form that systemd reads; systemd itself is asked where it is installed."""
    text = unit.read_text(encoding="utf-8")
    sections = re.findall(r"^\[(\w+)\]$", text, re.MULTILINE)
    assert sections[0] == "Unit"
    assert {"Service", "Timer"} & set(sections)
    assert all(re.fullmatch(r"[A-Z][A-Za-z]+", name) for name, _ in settings_of(unit))


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """With a program that is there in the place of ours, and no words about what another machine has."""
    from shutil import which

    verify = which("systemd-analyze")
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/kakunin/.venv/bin/kakunin", sys.executable)
        (tmp_path / unit.name.replace("@", "@web")).write_text(text, encoding="utf-8")
    files = sorted(map(str, tmp_path.iterdir()))
    assert len(files) == 3
    if verify is None:
        return
    done = subprocess.run([verify, "verify", *files], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "kakunin" in line]
    assert ours == []


def test_the_processes_together_have_every_role_once() -> None:
    roles = [role for path in ENVIRONMENTS for role in variables(path).get("ROLES", "").split(",") if role]
    assert sorted(roles) == sorted(ROLES)


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_environments_hold_settings_and_no_secret(path: Path) -> None:
    for name, value in variables(path).items():
        assert name == "ROLES" or known(name), name
        if name.startswith("KAKUNIN_") and not name.endswith("_FILE"):
            field = Settings.model_fields[name.removeprefix("KAKUNIN_").lower()]
            assert "SecretStr" not in str(field.annotation), name
        assert not re.search(r"://[^/@]*:[^/@]*@", value)


def test_a_setting_that_cannot_be_used_is_not_tried_for_ever() -> None:
    found = settings_of(DEPLOY / "systemd" / "kakunin@.service")
    assert ("RestartPreventExitStatus", "2") in found
    assert ("UMask", "0077") in found


# compose --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_the_composition_holds_together(compose: dict[str, Any]) -> None:
    assert set(compose) - {"x-kakunin", "x-settings"} == {"name", "services", "volumes", "secrets"}
    for name, service in compose["services"].items():
        assert set(service) <= SERVICE, name
        assert set(service.get("secrets", ())) <= compose["secrets"].keys(), name
        volumes = {volume.partition(":")[0] for volume in service.get("volumes", ())}
        assert volumes <= compose["volumes"].keys(), name
        for other, how in service.get("depends_on", {}).items():
            assert other in compose["services"]
            needs_health = how["condition"] == "service_healthy"
            assert not needs_health or "healthcheck" in compose["services"][other]
        # What a shell does to a port without quotes; and nothing is open to the world.
        assert all(isinstance(port, str) and port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_its_settings_are_known_and_its_secrets_are_files(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert isinstance(value, str), name
            if name.startswith("KAKUNIN_"):
                assert known(name), name
            if value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], name


def test_its_processes_together_have_every_role_once(compose: dict[str, Any]) -> None:
    commands = [service["command"] for service in compose["services"].values() if "serve" in service.get("command", ())]
    assert sorted(role for command in commands for role in command[-1].split(",")) == sorted(ROLES)
    assert compose["services"]["upgrade"]["command"] == ["db", "upgrade"]


def test_the_image_brings_the_tools_of_the_servers_version(compose: dict[str, Any]) -> None:
    """``kakunin backup`` asks for a ``pg_dump`` that is not older than the server."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    (default,) = re.findall(r"^ARG POSTGRESQL=(\d+)$", text, re.MULTILINE)
    assert '"postgresql-client-$POSTGRESQL"' in text.rpartition("FROM ")[2]
    wanted = compose["services"]["backup"]["build"]["args"]["POSTGRESQL"]
    assert compose["services"]["db"]["image"] == f"postgres:{wanted}"
    assert default == wanted


def test_a_copy_is_written_where_it_is_kept(compose: dict[str, Any]) -> None:
    backup = compose["services"]["backup"]
    (words,) = [word for word in backup["entrypoint"] if "kakunin backup" in word]
    (folder,) = re.findall(r'--out "(/[^"]+)/[^/"]+"', words)
    assert folder in [volume.partition(":")[2] for volume in backup["volumes"]]
    # The root file system is read-only: the folder is made in the image, for the user.
    assert folder in (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    # A dollar of the shell, which compose would take for its own.
    assert "$(" not in words.replace("$$(", "")


def test_the_image_installs_what_the_lock_names() -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^USER kakunin$", text, re.MULTILINE)


def test_no_secret_gets_into_a_layer_of_the_image() -> None:
    """Folders are copied by name, all that the wheel is made of, and none of them holds deploy/secrets."""
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    sources = [word for line in re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE) for word in line.split()[:-1]]
    packages = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]
    wanted = packages["build"]["targets"]["wheel"]["packages"]
    assert set(sources) == {*wanted, "requirements.lock", "pyproject.toml", "README.md", "LICENSE"}
