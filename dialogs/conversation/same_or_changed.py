"""Whether a reply to an offered value says that it is still right, or that it changed.

"変わりました" is a yes to "did it change?" and would be read as a yes to "is it still right?".  So the
words of change are looked at before any yes or no: いいえ、変わっていません means that nothing changed.
"""

from __future__ import annotations

import re

_CHANGED = re.compile(
    "変わった|変わりました|変わって(?:い)?ます|変わっとる|かわった|かわりました|変わりあり|変えた|変えました|変える|変えます"
    "|変更(?:あり|が|した|しました|します|したい|済)|新しくな|新しいのに|引っ?越し|越しました|転居"
    r"|\b(?:has|have|it|they|i|we|was|yes)? ?(?:changed|moved)\b|\bdifferent\b|\bnew one\b|\bchange it\b"
)
_SAME = re.compile(
    "(?:変わ|かわ|変更|変え|違)(?:って|り|ら|は|も|が|い|え|わ)*(?:い)?(?:ない|ません|なし|無し|へん|とらん)|変更(?:は|も)?(?:ない|なし|無し|ありません)"
    "|(?:引っ?越し?|転居し?|転職し?|越し)(?:て|は|も|い)*(?:ない|なし|ません|へん|とらん)"
    "|同じ|おなじ|そのまま|このまま|今まで(?:通り|どおり)|一緒"
    r"|\b(?:not|no|never|n't|hasn't|haven't|un) ?changed?\b|\bno changes?\b|\bsame\b|\bas it is\b|\bunchanged\b"
)
#: A bare 「ない」 may deny the change as well as the thing: 「携帯はない」.
_OPEN = re.compile("(?:ない|無い|なし|無し|ません|へん)(?:です|でした|よ|ね|わ)*$")
_RIGHT = re.compile("違|ちが|いいえ|いえ")
#: The whole text agrees to what is shown: これでいい, そのままで結構です.
_AGREES = re.compile(
    "(?:はい|ええ)?、?(?:これ|それ|この内容|その内容|このまま|そのまま)で"
    "(?:いい|良い|よい|よろしい|大丈夫|結構|けっこう|問題ない|問題ありません|かまいません|構いません|ok|オーケー"
    "|お願いします|お願い|ええ)"
    "(?:です|ですよ|と思います|よ|わ|ね|ですね)*"
    r"|(?:yes,? )?(?:this|that|it|it all|everything)(?:'s| is| looks)"
    r" (?:fine|good|ok|okay|right|correct|all right)(?: as it is| like this)?"
    r"|(?:yes,? )?(?:looks|all) (?:fine|good|right|correct)|(?:please )?leave it as it is"
)
_UNSURE = re.compile(r"\?|か$|かな$|場合|たら|かもし|けど|but |if |when ")


def says_same(folded: str) -> bool | None:
    """True: still right; false: it changed; ``None``: the text speaks of neither, or of both."""
    if _UNSURE.search(folded):
        return None
    same = _SAME.search(folded)
    changed = _CHANGED.search(_SAME.sub(" ", folded))
    if (same is None) == (changed is None):
        return None
    return same is not None


def agrees(folded: str) -> bool:
    """Whether the whole text agrees to what is shown; a yes only where something is shown to agree to."""
    return _AGREES.fullmatch(folded.rstrip("。.! ")) is not None


def leaves_open(folded: str) -> bool:
    """Whether a denial speaks of the thing rather than of its registered value."""
    return _OPEN.search(folded) is not None and _RIGHT.search(folded) is None
