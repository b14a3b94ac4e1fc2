"""Yes or no in the words people use, dialect included; what can mean either is asked back.

大丈夫です, いいです and 結構です are 「はい」 to one customer and 「いいえ」 to the next, so they are never
taken alone.  はい、ありません contradicts itself and is asked back too, as are questions and doubts.
"""

from __future__ import annotations

import re
from enum import Enum

from dialogs.japanese.romaji import from_romaji
from dialogs.japanese.width import fold, normalise
from dialogs.replies.base import Parsed, Problem, ReplyContext
from dialogs.replies.chatter import opening
from dialogs.replies.problems import problem
from dialogs.replies.yes_no_words import ADVERBS, AGREE, DISAGREE, EITHER, MATTERS, NO, YES


class _Says(Enum):
    YES = "yes"
    NO = "no"
    EITHER = "either"
    UNCLEAR = "unclear"


_ENDINGS = (
    *(
        "でございます",
        "であります",
        "です",
        "っす",
        "だよ",
        "だね",
        "だな",
        "だ",
        "よ",
        "ね",
        "わ",
        "な",
        "さ",
        "ねん",
        "で",
        "でーす",
        "と思います",
    ),
    *(
        "とおもいます",
        "と思う",
        "ですね",
        "ですよ",
        "ですねえ",
        "ですなあ",
        "ですわ",
        "ですけど",
        "のです",
        "んです",
        "でした",
        "んよ",
        "っす",
    ),
    *(
        "ばい",
        "たい",
        "べ",
        "だべ",
        "やな",
        "やわ",
        "じゃ",
        "じゃよ",
        "ぞ",
        "のよ",
        "んだ",
        "とです",
        "とよ",
        "けん",
        "がな",
    ),
)
_DIALECT_ENDINGS = (
    *(
        "やで",
        "やねん",
        "さー",
        "さぁ",
        "っちゃ",
        "だっちゃ",
        "けんね",
        "けえ",
        "じゃけん",
        "じゃけえ",
        "やき",
        "きに",
        "ずら",
        "だに",
    ),
    *("だがや", "どすえ", "どす", "やんか", "もん", "のう", "じゃのう", "でごわす", "でありんす", "ですじゃ", "だべさ"),
)
_NEGATIVE_END = re.compile(
    "(?:ません|ない|なかった|ませんでした|へん|ひん|ありまへん|おまへん|ぬ|しまへん"
    "|[てしらわ]ね[えぇー]|てなか|[とちお]らん|(?:当て|あて)はまらん|[りち]ゃせん|もはん)$"
)
_NEGATIVE_BUT_UNCLEAR = re.compile(
    "わかりません|分かりません|わからない|分からない|わからへん|わからん|知りません|知らない|知らん|覚えて"
    "|憶えて|答え|こたえ|言いたく|言えません|言えない|すみません|すいません|かもしれ|かも知れ|しょうがない|しょうがありません"
    "|仕方|申し訳|決まって|決めて|未定|できません|できない|ないわけ|なくはない|なくもない|ないこと|ないとは|限りません|限らない|いけません|ならない|なりません|見つか|読めません|見えません|忘れ|思い出"
    # Hardly ever is not never, and "nobody but me" says yes to "only you?".
    "|いえない|いえません|どちらとも|どっちとも|(?:はい|いいえ|ノー|イエス)(?:では|じゃ)"
    "|ほとんど|ほぼ|めったに|滅多に|あまり|あんまり|しか"
)
_CONTRAST = re.compile(
    "けど|けれど|ですが|ますが|たが|でも|あっても|ただし|ただ、|場合|時々|ときどき|たまに|たぶん|多分|おそらく|恐らく|かな|以前|昔|前は"
    "|but |maybe|probably|sometimes|perhaps"
)
_QUESTION = re.compile(r"\?|(?:か|かな|かね|かしら|の?でしょうか|ですかね|って何|とは|なに|何|なぜ|どう(?:いう|して))$")
#: 問題ない and 必要ない decline or consent; ほかの人は使っていません denies something that was not asked.
_FINE = re.compile(
    "間違|まちが|相違|異存|異議|問題|心配|差し支え|差支え|不都合|支障|必要|構|かま|いりません|要りません|いらない|要らない|違わない|違いません"
)
_ABOUT_OTHERS = re.compile(
    "他|ほか|誰|だれ|以外|家族|人に|人は|人も|貸し|貸した|譲|使わせ|渡し|夫|妻|子ども|親"
    "|息子|娘|主人|家内|旦那|嫁|父|母|兄|弟|姉|妹|孫|友だち|友達|友人"
)
_CLAUSES = re.compile(r"[、。,.!！…\n ]+")
_MAX_REST = 14


def read_yes_no(text: str, context: ReplyContext) -> Parsed | Problem:
    """True or false; ``yes_no.ambiguous`` where the words could mean either."""
    plain = opening("yes_no", text, context)
    if isinstance(plain, Problem):
        return plain
    said = _verdict(_DRAWN.sub("", plain))
    if said is _Says.EITHER:
        return problem("yes_no.ambiguous", context)
    if said is _Says.UNCLEAR:
        return problem("yes_no.unreadable", context)
    return Parsed(value=said is _Says.YES, display=show_yes_no(said is _Says.YES, context.locale))


def agrees(plain: str) -> bool | None:
    """Whether the whole text is a word that agrees or disagrees with whatever was asked; else ``None``."""
    for candidate in _without_endings(_unstretched(fold(plain))):
        if candidate in EITHER:
            return None
        if candidate in AGREE or candidate in DISAGREE:
            return candidate in AGREE
    return None


def show_yes_no(value: bool, locale: str) -> str:
    """はい or いいえ, Yes or No."""
    if locale == "en":
        return "Yes" if value else "No"
    return "はい" if value else "いいえ"


def _verdict(plain: str) -> _Says:
    if plain.isascii():
        return _in_english(plain)
    clauses = [clause for clause in (fold(part) for part in _CLAUSES.split(plain)) if clause]
    whole = _clause(fold(plain)) if len(clauses) < 2 else _known(fold(plain))
    if whole is not _Says.UNCLEAR:
        return whole
    lowered = normalise(plain).lower()
    if _QUESTION.search(lowered.rstrip("。. !")) or _CONTRAST.search(lowered):
        return _Says.UNCLEAR
    if _NEGATIVE_BUT_UNCLEAR.search(lowered):
        return _Says.UNCLEAR
    verdicts = [_clause(clause) for clause in clauses]
    clear = {verdict for verdict in verdicts if verdict in (_Says.YES, _Says.NO)}
    if len(clear) > 1:
        return _Says.EITHER
    if len(clear) == 1:
        rest = sum(len(clause) for clause, verdict in zip(clauses, verdicts, strict=True) if verdict is _Says.UNCLEAR)
        return clear.pop() if rest <= _MAX_REST else _Says.UNCLEAR
    return _Says.EITHER if _Says.EITHER in verdicts else _Says.UNCLEAR


def _in_english(plain: str) -> _Says:
    """English is read as whole phrases: "no idea" and "I do not know" begin like a no and are none."""
    words = re.sub("[^a-z' ]+", " ", plain.lower().replace("n't", " not"))
    phrase = " ".join(words.split())
    if _UNSURE.search(phrase) or "?" in plain:
        return _Says.UNCLEAR
    denies = _ENGLISH_NO.match(phrase)
    agrees = None if denies else _ENGLISH_YES.match(phrase)
    if agrees and re.search(r"\b(?:no|not|never|none)\b", phrase):
        return _Says.EITHER
    if (agrees or denies) and len(phrase) > _LONGEST_ENGLISH:
        return _Says.UNCLEAR
    if agrees or denies:
        return _Says.YES if agrees else _Says.NO
    known, kana = _known(fold(plain)), from_romaji(plain)
    return known if known is not _Says.UNCLEAR or kana is None else _verdict(kana)


_UNSURE = re.compile(
    r"\b(?:know|sure not|not sure|idea|clue|maybe|perhaps|think|but|depends|sometimes|unsure|why|what"
    r"|wrong|until|anymore|something)\b"
)
_ENGLISH_YES = re.compile(
    r"(?:yes|yeah|yep|yup|ok|okay|sure|correct|right|of course|certainly|i do|i agree|agreed?|true)\b"
)
_ENGLISH_NO = re.compile(r"(?:no|nope|nah|none|never|not at all|not really|i do not|i have not|i am not|false)\b")
_LONGEST_ENGLISH = 40


def _clause(clause: str) -> _Says:
    """What one clause says: a known word, or a sentence whose verb is denied."""
    known = _known(clause)
    if known is _Says.UNCLEAR:
        known = _known(_ABOUT_IT.sub("", clause))
    if known is not _Says.UNCLEAR:
        return known
    if _NEGATIVE_BUT_UNCLEAR.search(clause) or _CONTRAST.search(clause) or _QUESTION.search(clause):
        return _Says.UNCLEAR
    if not any(_NEGATIVE_END.search(candidate) for candidate in _without_endings(clause)):
        return _Says.UNCLEAR
    if _ABOUT_OTHERS.search(clause):
        return _Says.UNCLEAR
    if _FINE.search(clause):
        return _Says.EITHER
    # はいありません says both.
    return _Says.EITHER if clause.startswith(_AGREEING) else _Says.NO


def _known(clause: str) -> _Says:
    """Yes, no or either, where the whole clause is one of the words above."""
    for candidate in dict.fromkeys((*_without_endings(clause), *_without_endings(_unstretched(clause)))):
        for words, says in ((EITHER, _Says.EITHER), (YES, _Says.YES), (NO, _Says.NO)):
            if candidate in words:
                return says
    return _Says.UNCLEAR


def _unstretched(clause: str) -> str:
    """ないよー, はぃ, はーーい and してますしてます as ないよ, はい and してます."""
    plain = clause.translate(_LARGE_VOWELS).rstrip("ーっ~")
    return _REPEATED.sub(r"\1", _STRETCHED.sub("", plain))


def _without_endings(clause: str) -> list[str]:
    """The clause, and the clause without one or two polite or dialect endings."""
    candidates = [clause]
    for _ in range(2):
        candidates += [
            candidate[: -len(ending)]
            for candidate in list(candidates)
            for ending in _FOLDED_ENDINGS
            if len(candidate) > len(ending) and candidate.endswith(ending)
        ]
    return candidates


#: Whose hand makes the sign.
_DRAWN = re.compile("[\U0001f3fb-\U0001f3ff♀♂]")
#: Not うーーん, which doubts however long it is.
_STRETCHED = re.compile("(?<!う)[ー~]{2,}(?=.)")
_REPEATED = re.compile(r"^(.{2,}?)\1+$")
_LARGE_VOWELS = str.maketrans("ぁぃぅぇぉ", "あいうえお")
#: もちろん, 年に1回, 送金の予定は: how often and of what, before a word that says yes or no.
_ABOUT_IT = re.compile(
    f"^(?:(?:{'|'.join(map(re.escape, ADVERBS))})|(?:(?:年|月|週)に?)?\\d{{1,2}}回(?:くらい|ぐらい|ほど|程度)?"
    f"|(?:{'|'.join(map(re.escape, MATTERS))})(?:を|は|が|も|に|へ|の|で)*)+"
)
_AGREEING = tuple(map(fold, ("はい", "ええ", "うん")))
_FOLDED_ENDINGS = tuple(fold(ending) for ending in (*_ENDINGS, *_DIALECT_ENDINGS))
