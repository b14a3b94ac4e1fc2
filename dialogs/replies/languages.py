"""What says that a customer does not read this language, or asks for another: no answer to any question.

日本語わからない holds わからない, which some lists offer, and I don't understand Japanese a no; as a name it would
be stored.  The conversation offers its other languages instead; here it is only never taken for a value.
"""

from __future__ import annotations

import re

from dialogs.japanese.kana import to_hiragana
from dialogs.japanese.width import normalise

_JAPANESE = "(?:日本語|日本ご|にほん語|にほんご|にっぽんご|nihon ?go|漢字|かんじ)"
_HOW_MUCH = "(?:全然|ぜんぜん|あまり|あんまり|まだ|よく|ちょっと|(?:少|すこ)し(?:しか)?|(?:むずか|難)しくて)?"
_LACKED = (
    "(?:わか|分か?|判か?)(?:ら|りませ|りにく|ん(?:ない|な|ね)|へん)|(?:読|よ|話|はな|書|か)[めせけ](?:な|ませ|へ|ん)"
    "|(?:でき|出来)(?:な|ませ|へん|ん)|むずかし|難し|苦手|にがて|だめ|無理|むり|弱い|不得意|wakar(?:a|imas)|dekina|muzukashi"
)
_LACKS = re.compile(f"{_JAPANESE}[はがもを、 ]*{_HOW_MUCH}[はがも、 ]*(?:{_LACKED})")
_OTHERS = (
    "(?:英|中国|韓国|ベトナム|べとなむ|ネパール|ポルトガル|スペイン|タガログ|フィリピン|インドネシア|ミャンマー|タイ|フランス|ロシア|台湾)語"
    "|(?:外国|母国)語|(?:えい|ちゅうごく|かんこく|べとなむ|ねぱーる|ぽるとがる|すぺいん|たがろぐ|いんどねしあ|みゃんまー)ご"
    "|やさしい日本語"
)
_ASKED_FOR = (
    "お願い|おねがい|頼|たのむ|話し|はなし|書い|説明|教え|おしえ|してくだ|して下さ|ください|下さい|なら|だけ|がいい|希望"
    "|ok|please|pls"
)
_WANTS = re.compile(f"(?:{_OTHERS})[でにをはが、 ]*(?:{_ASKED_FOR})")
_LANGUAGES = (
    "(?:english|chinese|vietnamese|korean|nepali|portuguese|spanish|tagalog|filipino|indonesian|burmese|thai|eigo)"
)
_IN_ENGLISH = re.compile(
    r"\b(?:don'?t|do not|can'?t|cannot|not)\b[^.!?]{0,16}\b(?:understand|read|speak|know|write|good)\b[^.!?]{0,16}"
    r"\b(?:japanese|nihongo|kanji)\b|^(?:sorry,? )?no (?:japanese|nihongo)$|\b(?:poor|little|bad) japanese\b"
    r"|\bjapanese\b[^.!?]{0,16}\b(?:difficult|hard|not good|not ok)\b"
    rf"|\b{_LANGUAGES}\b,? (?:please|pls|plz|only|ok|version|language|kudasai)\b"
    rf"|\b(?:please|only|in|speak|use) {_LANGUAGES}\b"
)


def speaks_of_language(text: str) -> bool:
    """Whether the text says that its writer lacks the language, or asks for another one."""
    plain = normalise(text).lower()
    forms = (plain, to_hiragana(plain))
    return any(pattern.search(form) for form in forms for pattern in (_LACKS, _WANTS, _IN_ENGLISH))
