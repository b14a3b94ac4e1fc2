"""What the words around a term say of it: that it is not so, was so once, or is only wished for.

Data and rules for ``choice_words``.  Behind a term stand its particles and its verb, up to the next comma, the
next 「けど」 or the next term: whatever that clause ends in decides, in the speech of every region, so that
「年金はまだもらっておりません」 never becomes 年金.  A term that a list joins to another (会社員や公務員ではない)
shares the clause of the last one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

#: 同意できないことはない denies and takes it back: which of two is meant, only the customer knows.
DENIED_TWICE = re.compile(
    "(?:ない|ん|ません|へん)(?:こと|わけ|訳|もん)(?:は|も|では|じゃ|でも)?(?:な|あり|あら|おま)|なく(?:は|も)(?:な|あり)|ざるを(?:え|得)|ずには(?:い|お)"
)
#: Right after a term: it is denied, in the speech of every region and however politely or roughly. やねえ agrees.
DENIED = re.compile(
    "(?:を|に|で|として|と|も|が|は|に関係|の予定|の予定は|なんか|[なの](?=わけ|はず|つもり)"
    "|(?:という?|って)?(?:わけ|こと|はず|つもり))*(?:では|じゃ|や|には|とは|は)?"
    "(?:あり)?(?:しません|しない|してない|していない|してません|していません|してへん|せえへん|せん(?![たと])|ません|まへん"
    "|ない|なく|なかった|ちゃ[うわい]|ちが[うわい]|違|以外|を除|を?やめ|を?辞め| is not|あらへん|あれへん"
    "|おりません|いません|もらってい?ない|受け取ってい?ない|使ってい?ない|使いません|できません|できない|できへん|しかね|しがた"
    "|しとうない|したくない|したくありません|やってい?ない|やってい?ません"
    "|(?:(?:やっ|もろう?|もらっ|受け取っ|送っ|働い|出|し)?(?:とらん|ちょらん|とらへん|とりません|ておらん|て(?:へん|まへん|ません|おりません)))"
    "|できん(?!こと)|せんばい|せんけん|いたしません|致しません|いたしておりません"
    "|ござ(?:い|り)ま(?:せん|へん)|おまへん|あらしまへん|無[いくか]|(?<!や)ね[えぇー]|なか(?![なまよ])|(?<=[でゃ])にゃ[あー]|ちご[うて]"
    "|[言い]え(?:ない|ません|へん)|(?:言い|いい)(?:がた|にく)い)"
)
#: Right after a term: it was so once.
_PAST = re.compile(
    "(?<=[てで])(?:い?(?:た|ました)|した)(?!ら)|(?:で|を|に)?(?:でした|だった|やった|していました|してました|していた|してた|をしてい?た|だったが|でしたが|をやめ|を辞め)"
)
_PLAIN_DENIAL = re.compile(
    "^(?:では|じゃ|は|も|が|を)?(?:ありません|ません|しません|しない|ない|あらへん|へん|ないです|はしません"
    "|できません|できない|できへん|できん(?!こと)|できまへん|しまへん|しとうない|しとらん|せえへん|せん(?![たと])|できかね|しかね|いたしません|いたしかね|したくない|したくありません)"
)
_ONCE_BEFORE = re.compile("(?:元|以前は?|昔は?|前は|(?<!名)前の|先代の|かつて|もと)$")
#: Right before a term: 不同意.
_NOT_BEFORE = re.compile("[不非未]$")
_NOT_BEFORE_ENGLISH = re.compile(r"\b(?:not|no longer|never|cannot|don't|can't|won't|no)(?: [a-z]+)? ?$")
#: What has a term as its topic speaks of something else: 給与は別の銀行, 本人は入院中.
_ELSEWHERE = re.compile(
    "は(?!$|い|です|だ|ある|あり|あっ|もら|受|使|し(?:て|ます)|入|とくに|特に|する|送|払|考|予定|該当|あては|当ては|同意|表明|進)"
)
DOUBT = re.compile(
    "かも|ようか(?!な)|迷っ|なりそう|来月|来年|来週|来春|もうすぐ|近々|近いうち|かと(?:聞|訊|言|い)|たぶん|多分|おそらく|(?<!らい)(?<!ほど)かな$|^もし|と思うけど|だったような|みたいな|ながら|かたわら"
    "|maybe|probably|perhaps|not sure"
)
#: Wished for, planned, applied for: not so yet.
_WISH = re.compile(
    "(?:を|に|は|も)?(?:興味|関心|なりたい|なる予定|なるつもり|したいです|を?考えて|考え中|検討|探して|申請|希望|目指)"
)
#: Given up (扶養から抜けた, 役員を退任), or only asked there: 市役所で聞きました, 銀行に融資を頼んでる.
_LEFT_OR_ASKED = re.compile(
    "(?:を|から)(?:抜け|外れ|外され|退任|退い|降り|卒業)|[でにへ][^、。で]{0,4}?(?:聞[いきく]|尋ね|相談|問い合わせ|頼[みん]|通報)"
)
#: If it were so, when it will be, or elsewhere: 給料の振込先は別です.
_IF = re.compile("[っんい]?[ただ]ら(?:$|[、どばな])|(?:予定|つもり)|[^、。は]{0,4}は(?:別|ほか|他の|よそ)")
#: What is told of a thing that is no answer: 病院に通っています, ローンを断られた, 給料日が近い.
_TOLD_OF_IT = re.compile(
    "(?:さん|たち)?(?:に(?:通[いっ]|行[っき]|入って|教え|嫁|なれ)|で(?:買い?物|大?損|もめ|揉め|困)|[にはがも]{1,2}(?:お世話|内緒|秘密)"
    "|[がを](?:断|減|止[まめ]|滞納|紛失|なくし|無くし|失[いっ]|盗ま|遅れ)|は使い切|が(?:底|近|忙し|閉ま|足り|怖))"
)
_ENGLISH_BOUNDARY = re.compile(r"[.,;:!?]|\bbut\b|\bnow\b|\bexcept\b")
_NOT_SO_IN_ENGLISH = re.compile(
    r"\b(?:not|never|no|nobody|cannot|without|stopped|quit|left|paid off|former(?:ly)?|ex|was|were|had)\b"
    r"|\b(?:i used to|used to (?:be|work))\b|n't\b"
)
_PERHAPS_IN_ENGLISH = re.compile(
    r"\b(?:want|wish|hope|plan|planning|going to|appl(?:y|ying|ied)|will|would|teach"
    r"|(?:husband|wife|father|mother|son|daughter|parents?|brother|sister) (?:is|are|works?|has|have|gets?))\b"
)
#: Where the clause ends of which a term is the subject or the object; しか turns its denial round.
_BOUNDARY = re.compile(
    "[、。,.!?\n]|けれど|けど|ですが|ますが|ので|んで|から(?!の)|ため|だけ|のみ|しか|ほか|他|あと|以外|し(?=[一-鿿])"
)
_AND = re.compile("(?:とか|と|や|も|か|および|及び|または|又は)+")
_CLAUSE_DENIES = re.compile(
    "(?:ない|無い|ません|まへん|へん|ひん|らん|(?<=[てでわかたばまなさ])ね[えぇー]|(?<=[てでくとはも])なか"
    "|[わらかさたばま]ず(?:に)?(?:い(?:ます|る))?)"
    "(?:です|っす|の|ん|よ|ね|わ|な|で|さ|ばい|たい|けん|人|者)*$"
)
#: No longer: 使っていた, やめました, もらったことがある, もらわなくなった.
_CLAUSE_IS_OVER = re.compile(
    "(?:[てで](?:い|おり)?(?:た|ました)|[とど]っ?た|[とど]りました|ちょった|たこと[がは]?(?:ある|あり|な)?(?:ます|い)?"
    "|(?:なく|のを?|のは)(?:なりました|なった|やめた|やめました))"
    "(?:です|っす|の|ん|よ|ね|わ|な|で|さ|ばい|けん|人|者)*$"
)
_CLAUSE_WISHES = re.compile(
    "(?:(?<=[しりいきちみめれえけてべせび])たい(?:です|の|ん|よ|ね|と思(?:う|います|ってい?ます))*"
    "|[うくすつぬぶむる](?:予定|つもり)(?:です|だ|や|で(?:ございます|おります)|よ|ね)*)$"
)


def behind(said: str, end: int, ends: Sequence[tuple[int, int]]) -> str:
    """What is said behind the term that ends at ``end``: ``plain`` or other denial, doubt, or nothing (empty).

    ``ends`` are where all terms of the text begin and end.
    """
    after = said[end : end + 24]
    if after.startswith("'s "):
        return "doubtful"
    if _LEFT_OR_ASKED.match(after):
        return "denied"
    if _IF.match(after) or _TOLD_OF_IT.match(after):
        return "doubtful"
    if _PLAIN_DENIAL.match(after):
        return "plain"
    if DENIED.match(after) or _PAST.match(said, end) or _WISH.match(after):
        return "denied"
    first, last = _clause(said, end, ends)
    clause = said[first:last]
    if _CLAUSE_DENIES.search(clause) or _CLAUSE_IS_OVER.search(clause):
        # 主婦で働いていない is a housewife, 会社で働いていない no employee.
        return "doubtful" if clause.startswith("で") and not clause.startswith("では") else "denied"
    return "doubtful" if _CLAUSE_WISHES.search(said[:last], first) or _ELSEWHERE.match(after) else ""


def in_front(said: str, start: int) -> str:
    """What is said before the term that begins at ``start``; in English that is where a denial stands."""
    before = said[max(0, start - 16) : start]
    if _NOT_BEFORE.search(before) or _NOT_BEFORE_ENGLISH.search(before):
        return "plain"
    if _ONCE_BEFORE.search(before):
        return "denied"
    if not said[start].isascii():
        return ""
    clause = _ENGLISH_BOUNDARY.split(said[max(0, start - 80) : start])[-1]
    if _NOT_SO_IN_ENGLISH.search(clause):
        return "denied"
    return "doubtful" if _PERHAPS_IN_ENGLISH.search(clause) else ""


def _clause(said: str, end: int, ends: Sequence[tuple[int, int]]) -> tuple[int, int]:
    while True:
        following = min((span for span in ends if span[0] >= end), default=(len(said), len(said)))
        if not _AND.fullmatch(said, end, following[0]) or following[0] == len(said):
            break
        end = max(other_end for start, other_end in ends if start == following[0])
    stop = _BOUNDARY.search(said, end, following[0])
    return end, stop.start() if stop else following[0]
