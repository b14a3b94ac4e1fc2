"""The official descriptions of LINE and Telegram as validators, for every test that sends.

Promise: ``LineSpec`` really follows LINE's polymorphic messages.  As published, a base with a
discriminator lets any child pass; each reference to such a base is rewritten into the choice of its
children, every child's discriminator value is pinned, and a property that no child knows is refused.

``KAKUNIN_SPECS`` names the folder with ``line/`` and ``telegram/``.  Without it the tests that need
it are skipped; where ``CI`` is true they fail, because CI must not skip them.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

Json = Any


class SpecViolation(AssertionError):
    """A body that the official description refuses."""


class Witness:
    """An observer for a stand-in that remembers what it saw.

    A violation raised inside the stand-in is only a 500 to the caller, who may put up with it;
    so ``verify`` raises it again in the test.
    """

    def __init__(self, check: Callable[[str, str, Json], None] | None) -> None:
        self._check = check
        self.calls: list[tuple[str, str, Json]] = []
        self.violations: list[SpecViolation] = []

    def __call__(self, method: str, path: str, body: Json) -> None:
        self.calls.append((method, path, body))
        if self._check is None:
            return
        try:
            self._check(method, path, body)
        except SpecViolation as violation:
            self.violations.append(violation)

    def verify(self) -> None:
        """Raise the first violation."""
        if self.violations:
            raise self.violations[0]


def specs_folder() -> Path:
    """Where the descriptions lie; skips (in CI: fails) the test when nobody says so."""
    folder = os.environ.get("KAKUNIN_SPECS", "")
    if folder and Path(folder).is_dir():
        return Path(folder)
    words = "KAKUNIN_SPECS does not name the folder of the official API descriptions"
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


def specs_at_hand() -> bool:
    """Whether the descriptions can be used; true in CI, where their absence has to be noticed."""
    return os.environ.get("CI") == "true" or Path(os.environ.get("KAKUNIN_SPECS") or "-").is_dir()


# LINE -----------------------------------------------------------------------------------------


def _rewrite(document: Json) -> Json:
    """The description with every reference to a discriminated base turned into its pinned children."""
    schemas = document["components"]["schemas"]
    bases = {name: schema["discriminator"] for name, schema in schemas.items() if "discriminator" in schema}

    def references(node: Json, *, of_child: bool) -> Json:
        if isinstance(node, list):
            return [references(item, of_child=of_child) for item in node]
        if not isinstance(node, dict):
            return node
        target = node.get("$ref")
        if isinstance(target, str):
            name = target.rsplit("/", 1)[-1]
            # A child's own ``allOf`` means the base itself, everything else means one of the children.
            return {"$ref": f"#/$defs/{name}" + ("__any" if name in bases and not of_child else "")}
        return {
            key: references(value, of_child=key == "allOf" or (of_child and key not in {"properties", "items"}))
            for key, value in node.items()
            if key not in {"discriminator", "externalDocs"}
        }

    defs = {name: references(schema, of_child=False) for name, schema in schemas.items()}
    for name, discriminator in bases.items():
        key = discriminator["propertyName"]
        children = {value: child.rsplit("/", 1)[-1] for value, child in discriminator["mapping"].items()}
        # The same as anyOf over the pinned children, but only the child that is named is looked at.
        defs[f"{name}__any"] = {
            "type": "object",
            "required": [key],
            "properties": {key: {"enum": list(children)}},
            "allOf": [
                {
                    "if": {"required": [key], "properties": {key: {"const": value}}},
                    "then": {"$ref": f"#/$defs/{child}", "unevaluatedProperties": False},
                }
                for value, child in children.items()
            ],
        }
    return defs


class _Schemas:
    def __init__(self, path: Path) -> None:
        self.document = yaml.safe_load(path.read_text(encoding="utf-8"))
        self._defs = _rewrite(self.document)
        self._checks: dict[str, jsonschema_rs.Validator] = {}

    def check(self, name: str, body: Json) -> None:
        if name not in self._checks:
            schema = {"$ref": f"#/$defs/{name}", "$defs": self._defs}
            self._checks[name] = jsonschema_rs.Draft202012Validator(schema)
        _refuse(name, self._checks[name], body)


def _refuse(name: str, check: jsonschema_rs.Validator, body: Json) -> None:
    """Raise the deepest of what is wrong: what lies above only says that something below is."""
    errors = sorted(check.iter_errors(body), key=lambda error: -len(error.instance_path))
    if errors:
        place = "/".join(map(str, errors[0].instance_path))
        raise SpecViolation(f"{name}: {place}: {errors[0].message[:200]}")


class LineSpec:
    """LINE's calls and webhooks."""

    def __init__(self, folder: Path) -> None:
        self._api = _Schemas(folder / "messaging-api.yml")
        self._webhook = _Schemas(folder / "webhook.yml")
        self._tokens = _Schemas(folder / "channel-access-token.yml").document["paths"]
        self._paths = [
            (re.compile(re.sub(r"\\\{\w+\\\}|\{\w+\}", "[^/]+", path)), operations)
            for path, operations in self._api.document["paths"].items()
        ]

    def observe(self, method: str, path: str, body: Json) -> None:
        """Refuse a call that LINE does not describe; fits the stand-in's ``observer``."""
        if path.startswith("/oauth2/"):
            return self._check_form(self._tokens.get(path, {}).get(method.lower()), path, body)
        for pattern, operations in self._paths:
            if pattern.fullmatch(path) and method.lower() in operations:
                return self._check(operations[method.lower()], body)
        raise SpecViolation(f"LINE has no {method} {path}")

    def _check(self, operation: Mapping[str, Json], body: Json) -> None:
        request = operation.get("requestBody")
        if request is None:
            if body not in (None, {}):
                raise SpecViolation(f"{operation['operationId']} takes no body")
            return
        if "application/json" not in request["content"]:
            return  # a picture: the stand-in looks at its kind, size and bytes
        if body is None:
            if request.get("required"):
                raise SpecViolation(f"{operation['operationId']} wants a body")
            return
        schema = request["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[-1]
        self._api.check(schema, body)

    def _check_form(self, operation: Mapping[str, Json] | None, path: str, body: Json) -> None:
        if operation is None:
            raise SpecViolation(f"LINE has no {path}")
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        _refuse(
            operation["operationId"],
            jsonschema_rs.Draft202012Validator({**schema, "additionalProperties": False}),
            body,
        )

    def check_messages(self, messages: Json) -> None:
        """Refuse message objects that do not follow the description."""
        self._api.check("ValidateMessageRequest", {"messages": messages})

    def observe_webhook(self, method: str, path: str, body: Json) -> None:
        """Refuse a webhook of a shape that LINE does not send; fits ``webhook_observer``."""
        self._webhook.check("CallbackRequest", body)


@cache
def _line_spec(folder: Path) -> LineSpec:
    return LineSpec(folder)


def line_spec() -> LineSpec:
    """LINE's description, read once a run."""
    return _line_spec(specs_folder() / "line")


# Telegram -------------------------------------------------------------------------------------

_RANGE = re.compile(r"\b(\d+)-(\d+) (characters|bytes)")
_SIMPLE: Mapping[str, Callable[[Json], bool]] = {
    "Integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "Float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "String": lambda value: isinstance(value, str),
    "Boolean": lambda value: isinstance(value, bool),
    "True": lambda value: value is True,
}


class TelegramSpec:
    """Telegram's methods, and the updates it sends."""

    def __init__(self, folder: Path) -> None:
        document = json.loads((folder / "api.json").read_text(encoding="utf-8"))
        self._methods = {name.lower(): method for name, method in document["methods"].items()}
        self._types = document["types"]

    def observe(self, method: str, path: str, body: Json) -> None:
        """Refuse a call of a method; ``path`` is ``/<method>``.  Fits the stand-in's ``observer``."""
        name = path.rsplit("/", 1)[-1]
        described = self._methods.get(name.lower())
        if described is None:
            raise SpecViolation(f"Telegram has no method {name}")
        self._fields(name, described.get("fields", []), body or {})

    def observe_webhook(self, method: str, path: str, body: Json) -> None:
        """Refuse an update of a shape that Telegram does not send."""
        self._typed("update", ["Update"], body)

    def _fields(self, place: str, fields: list[Json], given: Json) -> None:
        if not isinstance(given, dict):
            raise SpecViolation(f"{place}: not an object")
        known = {field["name"]: field for field in fields}
        for name in given:
            if name not in known:
                raise SpecViolation(f"{place}: no field {name}")
        for name, field in known.items():
            if name in given:
                self._typed(f"{place}.{name}", field["types"], given[name])
                self._length(f"{place}.{name}", field["description"], given[name])
            elif field["required"]:
                raise SpecViolation(f"{place}: {name} is missing")

    def _length(self, place: str, description: str, value: Json) -> None:
        bounds = _RANGE.search(description)
        if bounds is None or not isinstance(value, str):
            return
        size = len(value.encode()) if bounds[3] == "bytes" else len(value)
        if not int(bounds[1]) <= size <= int(bounds[2]):
            raise SpecViolation(f"{place}: {size} {bounds[3]} instead of {bounds[0]}")

    def _typed(self, place: str, types: list[str], value: Json) -> None:
        problems = []
        for name in types:
            try:
                return self._of_type(place, name, value)
            except SpecViolation as problem:
                problems.append(str(problem))
        raise SpecViolation(problems[0])

    def _of_type(self, place: str, name: str, value: Json) -> None:
        if name in _SIMPLE:
            if not _SIMPLE[name](value):
                raise SpecViolation(f"{place}: not {name}")
        elif name.startswith("Array of "):
            if not isinstance(value, list):
                raise SpecViolation(f"{place}: not an array")
            for at, item in enumerate(value):
                self._of_type(f"{place}[{at}]", name.removeprefix("Array of "), item)
        elif subtypes := self._types[name].get("subtypes"):
            self._typed(place, subtypes, value)
        else:
            self._fields(place, self._types[name].get("fields", []), value)
            self._constant(place, name, value)

    def _constant(self, place: str, name: str, value: Json) -> None:
        """``status`` and ``type`` of a union's member are fixed: "always "kicked""."""
        for field in self._types[name].get("fields", []):
            fixed = re.search(r"always [\"“](\w+)[\"”]", field["description"])
            if fixed and value.get(field["name"]) != fixed[1]:
                raise SpecViolation(f"{place}.{field['name']}: not {fixed[1]}")


@cache
def _telegram_spec(folder: Path) -> TelegramSpec:
    return TelegramSpec(folder)


def telegram_spec() -> TelegramSpec:
    """Telegram's description, read once a run."""
    return _telegram_spec(specs_folder() / "telegram")
