"""What a customer wishes or refuses, by the grammar of it: whom or what it is about, the verb, and its mood.

人に代わってもらえませんか, 担当の方へお取り次ぎ願います and 誰か出せや are one wish, in any mood of any of its verbs.
代わらなくていい, 代わってくださいと言われました and 人を出す会社 are none, since no ending of a wish stands there.
Pure and without state; the words are data: ``locales/<language>/wishes.yaml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

from dialogs.faq.words import Finder, load_words
from dialogs.japanese import fold
from dialogs.japanese.conjugation import Base, bases
from dialogs.replies.chatter import without_pictures

#: So far apart may stand what it is about and what is to be done, unless a frame says otherwise.
_LONGEST_GAP = "16"
#: A shorter word is found in others by chance where only its sound is compared.
_SHORTEST_SOUND = 3
#: A last sound drawn out, and laughter.
_DRAWN_OUT = re.compile(r"(?<=[ぁ-ゖ\u3400-\u9fff])(?:[ー~]+|[(]?笑[)]?|w+)(?=$|[^\w])")
#: Behind what is done something with.
_OBJECT = "を"
_SIGNS = " 、。,.!?…~・"
_KANJI = re.compile(r"[\u3400-\u9fff]")

Endings = Mapping[Base, re.Pattern[str]]


@dataclass(frozen=True)
class _Frame:
    """One wish: about what (nothing: the verb speaks for itself), and what is to be done in which mood."""

    command: str
    about: frozenset[str]
    verbs: Mapping[str, tuple[Base, ...]]
    endings: Endings
    #: So far apart may they stand.
    gap: int
    #: What it is about is a word by itself (人, not 個人).
    alone: bool
    #: No other thing stands between.
    direct: bool
    #: The verb speaks for itself wherever it stands.
    anywhere: bool
    #: That what it is about is not wanted is the wish.
    unwanted: bool


@dataclass(frozen=True)
class Wishes:
    """The wishes of one language."""

    _frames: tuple[_Frame, ...]
    #: The places of the frames that have a verb.
    _of_verb: Mapping[str, tuple[int, ...]]
    _words: Finder
    _sounds: Finder
    #: Of a word as it sounds: the word.
    _of_sound: Mapping[str, str]
    #: Behind a word: it is not this that is wanted.
    _not_this: re.Pattern[str]
    #: Behind a wish: somebody else said so.
    _reported: re.Pattern[str]
    #: Before a verb that speaks for itself.
    _opening: re.Pattern[str]
    _excuse: re.Pattern[str]
    _boundary: re.Pattern[str]

    def core(self, folded: str) -> str:
        """The text without excuses before it, pictures around it and a sound drawn out: すみません、戻るー is 戻る."""
        bare = _DRAWN_OUT.sub("", without_pictures(folded)).strip(_SIGNS)
        return self._excuse.sub("", bare)

    def wished(self, folded: str) -> Iterator[str]:
        """The names of the commands that the text wishes for, in the order of the file."""
        folded = _DRAWN_OUT.sub("", folded)
        found = self._words.names(folded)
        sounds = set() if _KANJI.search(folded) else self._sounds.names(folded)
        for place in sorted({place for verb in found for place in self._of_verb.get(verb, ())}):
            frame = self._frames[place]
            verbs = found & frame.verbs.keys()
            if self._is_wished(frame, verbs, found, sounds, folded):
                yield frame.command

    def _is_wished(self, frame: _Frame, verbs: set[str], found: set[str], sounds: set[str], folded: str) -> bool:
        words = (found & frame.about) | {sound for sound in sounds if self._of_sound[sound] in frame.about}
        if frame.about and not words:
            return False
        done = list(self._done(frame, verbs, folded))
        if not done:
            return False
        if not frame.about:
            return frame.anywhere or any(self._begins_anew(folded, start) for start, _ in done)
        about = [
            (place, place + len(word))
            for word in words
            for place in _places(word, folded)
            if (frame.unwanted or not self._not_this.match(folded, place + len(word)))
            and not (frame.alone and place and _KANJI.match(folded[place - 1]))
        ]
        return any(
            (0 <= start - last <= frame.gap and not (frame.direct and _OBJECT in folded[last:start]))
            or 0 <= first - end <= frame.gap
            for start, end in done
            for first, last in about
        )

    def _begins_anew(self, folded: str, start: int) -> bool:
        """Whether a verb stands where a sentence begins: at the very beginning or behind a reason or a sign."""
        ends = [match.end() for match in self._boundary.finditer(folded, 0, start)]
        return any(self._opening.fullmatch(folded, end, start) for end in (0, *ends))

    def _done(self, frame: _Frame, verbs: Iterable[str], folded: str) -> Iterator[tuple[int, int]]:
        """Where a verb stands in a mood of the frame, and nobody else said it."""
        for verb in verbs:
            for start in _places(verb, folded):
                for base in frame.verbs[verb]:
                    ending = frame.endings.get(base)
                    match = ending.match(folded, start + len(verb)) if ending is not None else None
                    if match is not None and not self._reported.match(folded, match.end()):
                        yield start, match.end()


def _places(word: str, text: str) -> Iterator[int]:
    place = text.find(word)
    while place >= 0:
        yield place
        place = text.find(word, place + 1)


@lru_cache(maxsize=4)
def load_wishes(language: str) -> Wishes | None:
    """The wishes of a language; ``None`` where its grammar is not described."""
    resource = files("locales") / language / "wishes.yaml"
    if not resource.is_file():
        return None
    # A safe loader: every scalar is text.
    data: dict[str, Any] = yaml.load(resource.read_text(encoding="utf-8"), Loader=_LOADER)  # noqa: S506
    words = load_words(language)
    frames = tuple(_frame(wish, data) for wish in data["wishes"])
    nouns = {noun for frame in frames for noun in frame.about}
    found = nouns.union(*(frame.verbs for frame in frames))
    of_sound = {
        sound: noun for noun in nouns if len(sound := words.sound_of(noun)) >= _SHORTEST_SOUND and sound != noun
    }
    return Wishes(
        _frames=frames,
        _of_verb={
            verb: tuple(place for place, frame in enumerate(frames) if verb in frame.verbs)
            for verb in frozenset().union(*(frame.verbs for frame in frames))
        },
        _words=_finder(found),
        _sounds=_finder(of_sound),
        _of_sound=of_sound,
        _not_this=re.compile(data["not_this"]),
        _reported=re.compile(data["reported"]),
        _opening=re.compile(f"(?:{data['opening']})*"),
        _boundary=re.compile(data["boundary"]),
        _excuse=re.compile(f"^(?:(?:{data['excuse']})[、。!…\\s]*)+(?=.)"),
    )


def _frame(frame: Mapping[str, Any], data: Mapping[str, Any]) -> _Frame:
    verbs: dict[str, tuple[Base, ...]] = {}
    for verb in _listed(frame["do"], data["verbs"]):
        for text, base in bases(verb):
            verbs[fold(text)] = (*verbs.get(fold(text), ()), base)
    return _Frame(
        command=frame["command"],
        about=frozenset(map(fold, _listed(frame.get("about", ()), data["nouns"]))),
        verbs=verbs,
        endings=_endings(frame["moods"], data["moods"]),
        gap=int(frame.get("gap", _LONGEST_GAP)),
        alone=frame.get("alone") == "true",
        direct=frame.get("direct") == "true",
        anywhere=frame.get("anywhere") == "true",
        unwanted=frame.get("unwanted") == "true",
    )


def _listed(names: Iterable[str], groups: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Words, some by the name of their group (``+name``)."""
    for name in names:
        if name.startswith("+"):
            yield from groups[name[1:]]
        else:
            yield name


def _endings(moods: Iterable[str], of_mood: Mapping[str, Mapping[str, str]]) -> Endings:
    patterns: dict[Base, list[str]] = {}
    for mood in moods:
        for base, pattern in of_mood[mood].items():
            patterns.setdefault(Base(base), []).append(pattern)
    return {base: re.compile("|".join(f"(?:{one})" for one in some)) for base, some in patterns.items()}


def _finder(words: Iterable[str]) -> Finder:
    return Finder(((word, word) for word in words), at_word_start=False)


_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
