"""Which choices a free text names, and whether it affirms them.

Longer terms win over the shorter ones inside them (年金受取 over 年金), Latin terms match whole words
only, and very short or very common words count only as a whole reply.  A term inside another word is
doubtful: a Japanese compound is what its last part says, so 食品メーカー is a maker, but 永住申請 is no
residence and 家賃収入 no rent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from dialogs.definition.model import Choice
from dialogs.japanese.readings import sounds_like
from dialogs.japanese.width import fold, join_japanese, normalise
from dialogs.replies import denials
from dialogs.replies.base import Problem, ReplyContext
from dialogs.replies.chatter import opening
from dialogs.replies.choice_terms import in_one_spelling, loose, terms_of
from dialogs.replies.languages import speaks_of_language
from dialogs.replies.problems import problem

_LATIN = re.compile(r"[a-z0-9][a-z0-9 .'\-/]*")
#: Words of every sentence; as a synonym they count only when they are the whole reply.
_COMMON = frozenset(
    map(
        fold,
        (
            "ない",
            "なし",
            "ある",
            "あり",
            "いる",
            "いない",
            "いません",
            "はい",
            "いいえ",
            "ほか",
            "なに",
            "もの",
            "こと",
            "できない",
            "日本",
            "japan",
            "i am",
            "customer",
            # Of 町の工場 the town is no part of the name.
            *("県", "市", "町", "村"),
        ),
    )
)
#: Another person is spoken of.
_OTHERS = re.compile(
    "(?:夫|妻|主人|家内|旦那|嫁|父|母|親|両親|息子|娘|子供|兄|弟|姉|妹|家族|孫|彼|彼女|友人|友達)(?:さん)?[はがも]"
)
#: 夫の給料 is not the customer's own; 娘の学費 is paid by the customer.
_OTHERS_MONEY = re.compile(
    "(?:夫|妻|主人|家内|旦那|嫁|父|母|親|息子|娘|子供)(?:さん)?の(?:給料|給与|年金|収入|報酬|賞与|ぼーなす)"
)
_QUESTION = re.compile(
    r"\?|(?:(?<![とな])(?<!何[回度])か|かね|かしら|でしょうか|って何|とは|何|なぜ|どれ|どういう(?:こと|意味)|どうな(?:る|ります)(?:の|ん)?(?:か|です)?|どうすれば(?:いい|良い)?)$"
)
#: What a compound may end in and still be what its first part says: 保険会社, 給与振込, 年金専用.
_SAME_THING = re.compile(
    "(?:会社|企業|業者|業界|業務|業|店員|店|屋|事務所|関係|関連|系|勤務|勤め|職員|職|社員|従業員|員|生|者|専用|用途|用|口座|目的"
    "|収入|所得|金|園|院|場|館|購入|振込|受取|支払|返済|引落|決済|取引|利用|使用|目当|生活|暮|さん|等|全般|一般|一筋|施設|教室|店舗|商|代|費|料"
    "|担当|(?<=[込取落])先|係|課長|部長|保有|決済|経営|管理|たいま|勤)"
)
_KATAKANA = re.compile("[ァ-ヺー]")
_KANJI = re.compile("[一-鿿々]")
_COUNTED = re.compile("[0-9.,]")
_OR_SO_OFTEN = re.compile("か(?=[年月週日]?[0-9数])")
#: 月1回, 週数回; of 3か月 or 給料日 it is another rate.
_RATE = re.compile("[年月週日][0-9数]")
_OF_ANOTHER = re.compile("[0-9.,]$|[0-9数][かけゕゖ]$|(?!毎)[一-鿿]$")
#: What follows の and is still the same thing: 給料の受取; 役員の運転手 is no officer.
_OF_THE_SAME = re.compile(
    "の(?=$|受|支払|振込|引落|返済|利用|使|送|積|売|買|購入|取引|運用|ため|為|方|ほう|み|うち|中|こと|もの|お|仕事|会社|企業|業|業界"
    "|関係|店|講師|先生|教師|職員|店員|社員|従業員|すたっふ|経営|販売|製造|工場|現場|勤務|手伝|収入|代金|費用|配当|資格|びざ|まま"
    "|生活|口座|目的|国|事務|営業|管理|仲介|収集|運搬|と|で|に|正社員|れじ|ぱーと|ばいと|あるばいと|身|者|開発|利益|もうけ|儲|稼|所得|担当|決済|入金|出金)"
)
#: What makes a place or another's work of a word for what people are: 年金事務所, 高校の先生.
_PLACE_OR_WORK = re.compile(
    "(?:会社|企業|業界|事務所|店|屋|施設|教室|園|院|館|場)|の(?:仕事|会社|企業|店|先生|講師|教師|職員|店員|手伝|経営|事務|管理)"
)
_SHOP = re.compile("[一-鿿々][屋店]")
_NOT_THE_THING = re.compile("切り|詐欺|問題|相談|対策|反対|破産|嫌い|[がは](?:心配|不安|怖|嫌|いや|苦手|ほし|欲し)")
_MYSELF = re.compile("私|わたし|わたくし|僕|ぼく|俺|おれ|自分")
_THEIRS = re.compile("(?:夫|妻|主人|父|母|親|息子|娘|兄|弟|姉|妹|孫)の$")
#: Whose it is, in front of somebody else: 本人の母 is not the customer.
_WHOSE = re.compile("の(?:母|父|親|妻|夫|息子|娘|子|兄|弟|姉|妹|孫|家族|友|知人|秘書|代理|代わり|申請|予定)")


@dataclass(kw_only=True)
class Found:
    """Choices that a text affirms, names without affirming, or denies."""

    sure: list[Choice] = field(default_factory=list)
    doubtful: list[Choice] = field(default_factory=list)
    denied: list[Choice] = field(default_factory=list)
    plainly_denied: bool = False


def opened(text: str, context: ReplyContext) -> str | Problem:
    """The text to look for choices in; one that takes its own denial back, or asks for another language, is none."""
    plain = opening("choice", text, context)
    if isinstance(plain, str) and (denials.DENIED_TWICE.search(plain) or speaks_of_language(plain)):
        return problem("choice.unreadable", context)
    return plain


def is_question(plain: str) -> bool:
    """Whether the text asks rather than answers."""
    return _QUESTION.search(normalise(plain).lower().rstrip("。. !")) is not None


def find_words(text: str, choices: Sequence[Choice]) -> Found:
    """Sort the choices by what the text says about them."""
    said = loose(text)
    # Katakana is folded away; where only it is gone, it can still be told where a word begins.
    script = in_one_spelling(join_japanese(normalise(text).casefold()))
    script = script if len(script) == len(said) else said
    spans = [span for span in _spans(said, choices) if not _is_tail_of_word(script, span[0])]
    places = [(start, end) for start, end, _ in spans]
    doubted = denials.DOUBT.search(said) is not None
    found = Found()
    for choice in choices:
        verdicts = [_verdict(said, script, span, places) for span in spans if span[2] is choice]
        if not verdicts:
            continue
        if "sure" in verdicts:
            (found.doubtful if doubted else found.sure).append(choice)
        elif "doubtful" in verdicts:
            found.doubtful.append(choice)
        else:
            found.denied.append(choice)
            found.plainly_denied = "plain" in verdicts
    _doubt_shared_denials(found, said, spans)
    if not (found.sure or found.doubtful or found.denied):
        sounding = [choice for choice in choices if sounds_like(said, terms_of(choice).parts | terms_of(choice).labels)]
        # A word in kana is that word; another kanji of the same sound may be a slip.
        if len(sounding) == 1 and not doubted and not _KANJI.search(said):
            found.sure = sounding
        else:
            found.doubtful = sounding
    if not (found.sure or found.doubtful or found.denied) and len(said) >= 2:
        begun, inside = _shortened(said, choices)
        if len(begun) == 1 and not inside and not doubted:
            found.sure = begun
        else:
            found.doubtful = [choice for choice in choices if choice in begun or choice in inside]
    return found


def _doubt_shared_denials(found: Found, said: str, spans: Sequence[tuple[int, int, Choice]]) -> None:
    """(ほとんど)毎日は使っていない denies ほぼ毎日 with the very words of ほとんど使わない, and need not mean it."""
    for start, end, owner in spans:
        denial = denials.DENIED.match(said, end) if owner in found.denied else None
        if denial is None:
            continue
        for choice in list(found.sure):
            own = [span for span in spans if span[2] is choice]
            around = all(span[0] <= start and end < span[1] for span in own)
            if around or all(end <= span[0] and span[1] <= denial.end() for span in own):
                found.sure.remove(choice)
                found.doubtful += [choice, owner]
                found.denied = [denied for denied in found.denied if denied is not owner]


def _spans(said: str, choices: Sequence[Choice]) -> list[tuple[int, int, Choice]]:
    """Where terms stand in the text, without those that lie inside a longer one."""
    said_of: list[tuple[tuple[tuple[int, int], ...], Choice]] = [
        (((start, start + len(term)),), choice)
        for choice in choices
        for term in terms_of(choice).beginning_in(said)
        if term not in _COMMON
        for start in (_places(said, term) if len(term) >= 2 else _alone(said, term, choice))
    ]
    said_of += [
        (words, choice)
        for choice in choices
        for phrase in terms_of(choice).phrases_begun_in(said)
        for words in phrase.places(said)
    ]
    return [
        (words[0][0], words[-1][1], choice)
        for words, choice in said_of
        if not any(_says_more(other, words) for other, _ in said_of)
    ]


def _says_more(words: Sequence[tuple[int, int]], than: Sequence[tuple[int, int]]) -> bool:
    """Whether a term holds another one inside it: inside a word of a phrase, not between its words."""
    start, end, inner_start, inner_end = words[0][0], words[-1][1], than[0][0], than[-1][1]
    longer = start <= inner_start and inner_end <= end and end - start > inner_end - inner_start
    return longer and all(any(word[0] <= one[0] and one[1] <= word[1] for word in words) for one in than)


def _places(said: str, term: str) -> list[int]:
    latin = _LATIN.fullmatch(term) is not None
    places, start = [], said.find(term)
    while start >= 0:
        end = start + len(term)
        before, after = said[start - 1 : start] if start else "", said[end : end + 1]
        inside_word = latin and (_is_latin(before) or _is_latin(after))
        # 月1回 is neither in 月10回 nor in 3か月1回.
        inside_figure = (
            (_COUNTED.match(term[-1]) and _COUNTED.match(after))
            or (_COUNTED.match(term) and re.match("[0-9.,、~月週日数何]", before))
            or (term[0] == "数" and re.match("[十百千万]", before))
            or (_RATE.match(term) and _OF_ANOTHER.search(said[max(0, start - 2) : start]))
        )
        if not inside_word and not inside_figure:
            places.append(start)
        start = said.find(term, start + 1)
    return places


def _alone(said: str, term: str, choice: Choice) -> list[int]:
    """Where a single kanji that an author gave is a word: 塾 in 塾の講師, 円 in 円で, but not in 円安."""
    if not _KANJI.fullmatch(term) or term not in terms_of(choice).synonyms:
        return []
    return [match.start() for match in re.finditer(f"(?<![一-鿿々]){term}(?=[。のでにがはをと、]|です|$)", said)]


def _is_latin(char: str) -> bool:
    return char.isascii() and char.isalnum()


def _verdict(said: str, script: str, span: tuple[int, int, Choice], places: Sequence[tuple[int, int]]) -> str:
    """What the words around one place say: sure, doubtful, denied, or plainly denied (plain)."""
    start, end, choice = span
    before, starts = said[max(0, start - 16) : start], {place[0] for place in places}
    said_of_it = (denials.in_front(said, start), denials.behind(said, end, places))
    for verdict in ("plain", "denied"):
        if verdict in said_of_it:
            return verdict
    if _OTHERS_MONEY.search(said, max(0, start - 10), end):
        return "doubtful"
    is_person = _OTHERS.match(said[start:end] + "は") is not None
    if _WHOSE.match(said, end):
        return "doubtful" if is_person else "denied"
    if _THEIRS.search(before):
        # 妻の私 is the wife; 妻の父 may be anybody's.
        if _MYSELF.fullmatch(said[start:end]):
            return "denied"
        if is_person:
            return "doubtful"
    if said.startswith("を手伝", end) or (terms_of(choice).of_people and _PLACE_OR_WORK.match(said, end)):
        return "doubtful"
    if said[end : end + 1] == "の" and end + 1 not in starts and not _OF_THE_SAME.match(said, end):
        return "doubtful"
    # 週1か月1, 月1回か2回: one or the other.
    if _COUNTED.search(said[start:end]) and _OR_SO_OFTEN.match(said, end):
        return "doubtful"
    if (
        _OTHERS.search(before[-8:])
        or "doubtful" in said_of_it
        or _begins_inside(start, places)
        or _is_part_of_word(script, start, end, starts)
    ):
        return "doubtful"
    return "sure"


def _begins_inside(start: int, places: Sequence[tuple[int, int]]) -> bool:
    """Whether a term shares its first words with another: 働いていません in 会社で働いていません denies the company."""
    return any(other_start < start < other_end for other_start, other_end in places)


def _is_tail_of_word(script: str, start: int) -> bool:
    """Whether a term is what one more sign makes another word of: パート in アパート."""
    around = [bool(_KATAKANA.match(sign)) for sign in script[max(0, start - 2) : start + 1]]
    return around[-2:] == [True, True] and around[:-2] != [True]


def _is_part_of_word(script: str, start: int, end: int, starts: set[int]) -> bool:
    """Whether a term goes on in another word that says something else, or begins in the middle of one."""
    last, after = script[end - 1], script[end : end + 1]
    # A single kanji before hiragana is a verb: 学費送ってる.
    noun = _KANJI.match(after) and not re.match("(?![でのをがはにへや])[ぁ-ん]", script[end + 1 : end + 2])
    katakana = bool(_KATAKANA.match(last))
    goes_on = (katakana and _KATAKANA.match(after)) or ((katakana or _KANJI.match(last)) and noun)
    if goes_on and end not in starts and not _SAME_THING.match(script, end):
        return True
    before = script[start - 1 : start] if start else ""
    # 肉屋 of 焼肉屋, and what is cut off, asked about or feared: 派遣切り.
    if (_SHOP.fullmatch(script, start, end) and _KANJI.match(before)) or _NOT_THE_THING.match(script, end):
        return True
    return bool(_KATAKANA.match(script[start]) and _KATAKANA.match(before))


def _shortened(said: str, choices: Sequence[Choice]) -> tuple[list[Choice], list[Choice]]:
    """Choices of which the text is the beginning of a label, and those of which it is the middle of one."""
    if said in _COMMON:
        return [], []
    begun = [choice for choice in choices if any(term.startswith(said) for term in _label_words(choice))]
    if _LATIN.fullmatch(said):
        return begun, []
    inside = [choice for choice in choices if any(said in term for term in terms_of(choice).labels)]
    return begun, [choice for choice in inside if choice not in begun]


def _label_words(choice: Choice) -> frozenset[str]:
    terms = terms_of(choice)
    return terms.labels | (terms.parts - terms.synonyms)
