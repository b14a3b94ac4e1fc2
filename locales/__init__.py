"""Every sentence that a person reads, by language: gettext catalogues and approved FAQ files.

The catalogues are read from ``.po`` at start, so no stale compiled file can ever speak.  A missing
key is a programming error and raises; tests demand every key in every language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType

#: Languages with a complete set of texts; the first is the default.
SHIPPED_LANGUAGES = ("ja", "en")
#: The voices in which a customer can be spoken to: the languages, and plain Japanese (やさしい日本語), which has
#: texts of its own for everything a customer reads and those of Japanese for the rest.
VOICES = ("ja", "ja_easy", "en")

_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


def language_of(voice: str) -> str:
    """The language that is spoken in a voice: of ``ja_easy``, ``ja``."""
    return voice.replace("-", "_").partition("_")[0]


class MissingText(KeyError):
    """A text was asked for that no catalogue holds, or without one of its placeholders."""


class Catalogue:
    """The sentences of one language."""

    def __init__(self, locale: str, texts: Mapping[str, str]) -> None:
        self.locale = locale
        self._texts = MappingProxyType(dict(texts))

    def text(self, key: str, **params: str) -> str:
        """The sentence ``key`` with its named placeholders filled; raises ``MissingText``."""
        return self.say(key, params, {})

    def say(self, key: str, params: Mapping[str, str], facts: Mapping[str, str]) -> str:
        """The same where the placeholders are filled from a mapping, and what is not in it from ``facts``."""
        try:
            template = self._texts[key]
        except KeyError:
            raise MissingText(f"{self.locale}: {key}") from None
        # Most sentences have no placeholder: nothing is put together for them.
        return fill(template, {**facts, **params}) if "{" in template else template

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def keys(self) -> Iterator[str]:
        return iter(self._texts)

    def items(self) -> Iterable[tuple[str, str]]:
        """Every key with its sentence, placeholders unfilled."""
        return self._texts.items()

    def template(self, key: str) -> str:
        """The sentence with its placeholders unfilled."""
        return self._texts[key]


def fill(template: str, params: Mapping[str, str]) -> str:
    """Replace ``{name}`` by its parameter; nothing is ever evaluated. Raises ``MissingText`` on a missing name."""
    if "{" not in template:
        return template

    def value(match: re.Match[str]) -> str:
        try:
            return str.__str__(params[match[1]])
        except KeyError:
            raise MissingText(f"no value for {{{match[1]}}}") from None

    return _PLACEHOLDER.sub(value, template)


def placeholders(template: str) -> frozenset[str]:
    """The names between braces."""
    return frozenset(_PLACEHOLDER.findall(template))


def load_catalogue(locale: str, overlay: Path | None = None) -> Catalogue:
    """The catalogue of a voice; a bank's own folder (``CONTENT_DIR/locales``) lies on top."""
    return _load(locale, overlay)


def shipped_text(locale: str, name: str) -> str:
    """A text file beside the catalogues, for example ``faq.yaml``."""
    return (files("locales") / locale / name).read_text(encoding="utf-8")


@lru_cache(maxsize=16)
def _load(locale: str, overlay: Path | None) -> Catalogue:
    if locale not in VOICES:
        raise MissingText(f"no language {locale!r}; shipped are {', '.join(VOICES)}")
    language = language_of(locale)
    texts: dict[str, str] = {} if language == locale else dict(_load(language, overlay).items())
    texts.update(_shipped(locale))
    if overlay is not None:
        texts.update(_read_all(overlay / locale / "LC_MESSAGES", locale))
    return Catalogue(locale, texts)


@lru_cache(maxsize=len(VOICES))
def _shipped(locale: str) -> dict[str, str]:
    # Kept apart: whatever lies on top of it, reading it takes longest.
    return _read_all(files("locales") / locale / "LC_MESSAGES", locale)


def _read_all(folder: Traversable | Path, locale: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    if folder.is_dir():
        for entry in sorted(folder.iterdir(), key=lambda item: item.name):
            if entry.name.endswith(".po"):
                texts.update(_read(entry, locale))
    return texts


def _read(entry: Traversable, locale: str) -> dict[str, str]:
    # Who asks only which languages there are waits for no parser.
    from babel.messages.pofile import read_po

    with entry.open("rb") as stream:
        catalogue = read_po(stream, locale=locale)
    texts: dict[str, str] = {}
    for message in catalogue:
        if message.id and isinstance(message.id, str) and isinstance(message.string, str) and message.string:
            texts[message.id] = message.string
    return texts
