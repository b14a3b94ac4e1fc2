"""A value that stands inside sentences: taken out only where nothing said beside it makes it doubtful.

「番号変わりました」 beside one number leaves that number, and a note such as (手取り) changes nothing.  A denial,
a doubt, a question, what was once, another person or further figures do: then the whole text is the
reply, and its reader refuses it.
"""

from __future__ import annotations

import re

#: Whatever may turn a value into another one, or into none.
_DOUBTFUL = re.compile(
    r"ない|なく|ません|じゃな|ちゃう|違|ちが|嘘|うそ|かも|たぶん|多分|けど|けれど|でも|ただ|だが|ですが|または|それとも|もしくは"
    r"|パス|ぱす|暗証|暗唱|合言葉|コード|pass|pin|pwd|code|間違|まちが|訂正|古い|前は|前の|昔|旧|以前|でした|だった|以上|未満|以下|から|まで|予定|申請|たら|なら|\?|か[。.]?$|なに|何"
    r"|\b(?:not|no|never|was|were|old|former|maybe|perhaps|or|but|if|until|wrong)\b|n't",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    "妻|夫|主人|家内|旦那|嫁|父|母|親|息子|娘|子ども|子供|兄|弟|姉|妹|孫|友|彼|wife|husband|father|mother|son|daughter|friend"
)
_FIGURE = re.compile("[0-9〇一二三四五六七八九十百千]")
_SENTENCES = re.compile(r"[。!\n]+")
_NOTE = re.compile(r"^(?P<value>.+?) ?\((?P<note>[^()]*)\)$")
#: …でしたが、変わりました: the value of before.
_WAS_ONCE = re.compile("(?:でした|だった)(?:が|けど|けれど|んですが)")
_LONGEST_ASIDE = 40
#: Words beside a number or an address that say nothing about it, and signs.
_COURTESIES = (
    "変わりました|変わったので|変更しました|変えました|更新しました|更新したので|新しくなりました|新しい|こちら|これ|以下|わたし|私|当方"
    "|になりました|になります|となります|です|でした|ます|ました|どうぞ|よろしく|宜しく|お願い(?:いた|致)?します|ください|下さい|すみません"
    "|はい|えっと|えーと|desu|please|thank you|thanks|is|my|the|it|[。のはがをにでへと、,.:;=#!←→⇒<>()【】「」*・ 　-]"
)


def is_harmless(aside: str, *, people_matter: bool = True) -> bool:
    """Whether words beside a value leave it as it is."""
    return (
        len(aside) <= _LONGEST_ASIDE
        and not _FIGURE.search(aside)
        and not _DOUBTFUL.search(aside)
        and not (people_matter and _OTHERS.search(aside))
    )


def speaks_of_others(text: str) -> bool:
    """Whether another person is named."""
    return _OTHERS.search(text) is not None


def without_asides(plain: str, *, people_matter: bool = True) -> str:
    """The one sentence with figures, without a note in brackets, where the others are harmless; else the text."""
    sentences = [sentence.strip() for sentence in _SENTENCES.split(plain) if sentence.strip()]
    telling = [sentence for sentence in sentences if _FIGURE.search(sentence)]
    asides = [sentence for sentence in sentences if sentence not in telling]
    if len(telling) == 1 and all(is_harmless(aside, people_matter=people_matter) for aside in asides):
        plain = telling[0]
    note = _NOTE.match(plain)
    return note["value"] if note is not None and is_harmless(note["note"], people_matter=people_matter) else plain


def lone(plain: str, value: re.Pattern[str], words: str) -> str | None:
    """The only ``value`` in a text that says nothing else than ``words``, particles and courtesies; else ``None``."""
    found = list(value.finditer(plain))
    if len(found) != 1 or _WAS_ONCE.search(plain):
        return None
    rest = f"{plain[: found[0].start()]} {plain[found[0].end() :]}"
    return None if re.sub(f"{words}|{_COURTESIES}", "", rest.lower()).strip() else found[0][0]
