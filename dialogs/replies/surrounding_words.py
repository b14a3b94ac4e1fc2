"""What people say around any value: pictures and faces, endings of every region and age, who is speaking, courtesies.

Data for ``surroundings``.  None of it changes the value that it stands beside.
"""

from __future__ import annotations

import re

#: ○, ×, ✓, ❌ and ⭕ are answers, and figures in circles are figures.
_SIGN = "\u2600-\u2712\u2719-\u274b\u274d-\u2755\u2757-\u2775\u2794-\u27bf\u2b05-\u2b1c\u2b50"
_EMOJI = "\U0001f000-\U0001faff"
_FACE = r"\^_;:∀ω▽∇≦≧´`*・･.。￣ ̄°゜Дд□<>＾＿＊；´ー\-=~'\"≡oOTvuεノ艸┬─＞＜￢‐◇∩"
_HEAD = rf"[(（](?=[^()（）]*[\^_;∀ω▽∇≦≧´`￣Дд＾＿＞＜<>*T])[{_FACE}\s]{{2,12}}[)）]"
#: The m of a bow is no letter of an address: taro@example.com(_ _)m.
_KAOMOJI = (
    rf"(?<![a-ln-z.@])[mｍ]{_HEAD}[mｍ]|[\\ヽ＼]?{_HEAD}(?:[mｍ](?![A-Za-z0-9@])|[/ノﾉ／])?"
    r"|(?<![!-~])\^[_o.]?\^;?"
)
_JOINED = f"(?:[\ufe0f\u20e3]|\u200d[{_SIGN}{_EMOJI}])*"
#: Between Latin letters and figures a picture is a slip inside the value.
PICTURES = re.compile(f"(?<![!-~])[{_SIGN}{_EMOJI}]{_JOINED}|[{_SIGN}{_EMOJI}]{_JOINED}(?![!-~])|{_KAOMOJI}")
#: A star or a note may be meant as a part of a name, an emoji at its end never is.
PICTURES_AROUND_NAMES = re.compile(
    f"^(?:[{_EMOJI}\u2764]{_JOINED}|{_KAOMOJI}|\\s)+|(?:[{_EMOJI}\u2764]{_JOINED}|{_KAOMOJI}|\\s)+$"
)
#: Endings that no word of a value ends with, whatever stands before them.
SURE_ENDINGS = re.compile(
    "(?:"
    "で(?:ございます|ござります|ござる|ござんす|おます|ごわす|ありんす|ありんした|あります|しゅ)(?:わ|の|よ|ね|る|え)?|ごわす|ありんす"
    "|(?:です|ます)(?:じゃ|のじゃ|たい|ばい|けん|けえ|さかい|やん|よん|わよ|ことよ|がな)|どす(?:え|なあ|わ|やろ|ねん)?"
    "|(?:や|だ|じゃ|です)(?:けど|けんど|けれど|けれども|けど(?:な|ね|よ))|(?:や|じゃ|だ)(?:けん|けえ|さかい|きん|き)(?:ね|の|な)?"
    "|やねん(?:けど)?|やん(?:か|け)|でっせ|でんがな|まんねん|だべ(?:さ|な|や)|だっぺ(?:よ)?|だんべ|だがや|だがね|だっちゃ|だよー?ん|だびょん"
    "|(?:と|って)(?:お?読みます|よみます|読む|読むんです|お読みください|お読みします|書きます|読んでください|いうの|いうんです|申すのじゃ)"
    "|(?:や|だ|じゃ|です)?ばってん|(?:じゃ|や)きに|(?:で)?おますねん|(?:って|と)?(?:い|ゆ|言)います(?:ねん|わ)?|(?:って|と)?いうねん|ですえ|ますねん|だすけ|なんし"
    "|(?:へ|に|まで)どうぞ|でよろしゅう?|でよろしく"
    ")$"
)
#: Kana alone may end a name with it: フェルナンデス.
EXPLAINING = re.compile("なん(?:です|だ|よ|さ|じゃ|や)(?:けど|が|よ|けどね)?$")
EXPLAINING_IN_KANA = re.compile("(?<=[ぁ-ゖ])なん(?:です|だけど|だよ|だ$|じゃ|やけど)")
#: What an amount or a choice may end with, and a name or an address that is stored must not be guessed from.
THINKING = re.compile(
    "(?:や|だ|じゃ)?(?:と思(?:います|う|うで|うわ|うよ|っています|っております)(?:けど|が)?|か?と存じます)$|の(?:ほう|方)$"
)
#: A doubt about a number that is checked and shown again: たぶん…, …かな, …のはず; かも would be a mere possibility.
HEDGE_IN_FRONT = re.compile("^(?:たぶん|多分|おそらく|恐らく|確か|たしか|きっと|大文字で|大文字|小文字で)[、, ]*(?=.)")
HEDGE_BEHIND = re.compile(
    "(?:かな[ぁあ]?|(?:の)?はず|だった(?:かな[ぁあ]?|はず|と思(?:います|う)))(?:です|だ)?(?:けど)?$"
)
#: Endings that are also ends of names and words: only where the script changes before them.
SHORT_ENDINGS = re.compile(
    "(?:やで|やわ|やな|やに|や|さー|さぁ|さね|だべ|べ|ばい|ったい|たい|っちゃ|ちゃ|じゃ|じゃよ|じゃの|じゃのう|ずら|だら|のう|だぞ|ぜよ|ぞい"
    "|だよ|だね|だ|だす|がす|よん)$"
)
#: Not short enough to be the end of a reading that is typed in hiragana.
IN_HIRAGANA = re.compile("[ぁ-ゖー](?:やで|やわ|だべ|ばい|っちゃ|さー|さぁ|じゃよ|じゃのう|じゃの|ずら|ぜよ|やな)$")
#: The same half-width or in katakana: デゴザイマス.
KATAKANA_ENDING = re.compile("(?:デゴザイマス|トモウシマス|トヨミマス|ドスエ|デスジャ|デゴワス|ト読ミマス)$")
#: Only beside a number, an amount or a choice, where they cannot be part of the value.
POLITE_ENDINGS = re.compile(
    "(?:(?:くらい|ぐらい|ほど|程度)(?:でしょうか|かしら|ですかね|かのう|やろか|じゃろうか|かと)(?:ね|の)?"
    "|(?:を|が)?(?:頂|いただ)いて(?:おり)?ます|(?:を|が)?もろ(?:う)?て(?:い)?ます|もろとる|もらっとる|もらっております"
    "|(?:に|と)?なって(?:おり)?ます(?:の)?|(?:に|と)なりますわ?|で(?:お願い|おねがい)(?:します|いたします|しますわ|するわ)"
    "|(?:おり|あり|ござい|(?<!思)(?<!ち[ゃが])い)ますわ?|おるで|おるけん|おるわ|おるよ|おるばい|いるべ|あるで|あるばい|しとる|させていただきます)$"
)
#: Until when a card is valid, in brackets behind its number.
VALIDITY = re.compile(
    r"(?:有効)?(?:期限)?[は: ]?(?:令和)?\d{1,4}(?:年|[/.\-])\d{1,2}(?:月|[/.\-])\d{1,2}日? ?(?:まで|迄)?(?:有効)?"
)
#: Hiragana right behind whole kanji names, or behind the number of a house, is a sentence that goes on.
GOES_ON = {
    "name": re.compile(
        "(?:と違う|の予定|予定|[でゃ]は?無い|以外|忘れた?)$|(?:[一-鿿々]{4,}| [一-鿿々]{2,})[ぁ-ゖー]{2,}$"
    ),
    "address": re.compile(
        "[0-9号番地室階](?:[ぁ-ゖー]{2,}$|に(?:住|居|お|い|引|越)|は(?:間違|古|前|嘘|夫|妻|父|母|主人|実家|会社|知|解約|違|旧)"
        "|と違|か違|を忘|(?:では|じゃ|で)無い|以外|の予定|になる予定)"
    ),
}
#: English around a name or an address. My, No, Do, Her and Was are names: only what is none stands here.
ENGLISH_SENTENCE = re.compile(
    r"\b(?:not|never|maybe|perhaps|wrong|except|until|anymore|isn't|wasn't|don't|doesn't|anything but|no longer"
    r"|or something|used to|i want|one is|is it|it is|it was|is (?:old|my|his|her)"
    r"|(?:father|mother|wife|husband|son|daughter)(?:'s)? is)\b|^was ",
    re.IGNORECASE,
)
#: Who is speaking.
SELF = re.compile(
    "^(?:わたくし|わたし|あたし|あたくし|あたい|わし|わい|わて|うちら?|おいら|おら|おいどん|わだす|われ|小生|拙者|当方|手前|私ども|わたくしども|私|僕|ぼく"
    "|俺|おれ|ワシ|オレ|ボク|オラ|ワタシ|ワタクシ|アタシ|ワイ|自分|それがし|あっし|わらわ|我が家|わが家|当家|弊社|当社|うちの会社)"
    "(?:ども|ら)?(?:の(?:ほう|方)は|のは|は|んとこは|とこは|なら|、)(?=.)"
)
#: Sentences and words in front of a value or behind it that say nothing of it.
_COURTESY = (
    "(?:いつも|大変|たいへん|平素より?)?お世話(?:に|さまに)なって?(?:おり)?ます|お疲れ様です|お疲れさまです|お手数(?:を|ですが)?(?:お?掛け|お?かけ)(?:いた)?します"
    "|お手数ですが|恐れ入りますが?|恐縮ですが?|すみません(?:が)?|すんまへん(?:な)?|えろうすんまへん|失礼(?:いた)?します|ご連絡(?:いた)?します|お返事します"
    "|(?:何卒|どうぞ|どうか|以上|ほな|ほんなら)?、?(?:よろしく|宜しく|よろしゅう)(?:お願い|おねがい|お頼み|頼み|たのん)?(?:いた|致)?"
    "(?:します|申し上げます|申します|もうします|まっせ|ますわ|ますえ|ます)?(?:ね|な)?"
    "|(?:どうも)?(?:ありがとう(?:ございます)?|おおきに)|こんにちは|こんばんは|おはよう(?:ございます)?|はじめまして|初めまして|まいど|毎度"
    "|ご確認(?:ください|下さい|お願い(?:いた)?します|のほどお願いします)|お答え(?:いた)?します|回答(?:いた)?します|以上です"
)
COURTESY_IN_FRONT = re.compile(f"^(?:{_COURTESY})[。、,.!！~〜ー \\n]+(?=.)")
COURTESY_BEHIND = re.compile(f"[。、,.!！ \\n]+(?:{_COURTESY})[。、.!！~〜ー ]*$")
#: 松本です。 in front of a number or an address: never whose it is if it is somebody else's.
INTRODUCTION = re.compile(
    "(?:^|(?<=[。、\n ]))(?![^。、\n]*(?:番号|電話|携帯|メール|カード|アドレス))"
    "[一-鿿々ぁ-ゖァ-ヺー]{1,8}(?:です|と申します|と言います|といいます|でございます|ともうします)[。、\n ]+(?=.)"
)
#: Labels as half-width kana spell them.
KATAKANA_LABELS = (
    *(
        ("デンワバンゴウ", "電話番号"),
        ("デンワ", "電話"),
        ("バンゴウ", "番号"),
        ("ユウビン", "郵便"),
        ("ケイタイ", "携帯"),
    ),
    *(
        ("ジタク", "自宅"),
        ("ザイリュウ", "在留"),
        ("ホウジン", "法人"),
        ("セイネンガッピ", "生年月日"),
        ("ワタシ", "私"),
    ),
    *(
        ("メールアドレスハ", "メールアドレスは"),
        ("メールハ", "メールは"),
        ("アドレスハ", "アドレスは"),
        ("カードハ", "カードは"),
    ),
    *(("コクセキ", "国籍"), ("シカク", "資格"), ("ネンレイ", "年齢"), ("ニンズウ", "人数"), ("キゲン", "期限")),
)
KATAKANA_PARTICLE = re.compile("(?<=[一-鿿々])[ハノ](?= |[0-9A-Za-z+(〇一-十])")
KATAKANA_DESU = re.compile("(?<=[0-9A-Za-z一-鿿人円回]) ?(?:デスヨ|デス|ニナリマス|デゴザイマス)$")
#: What regions and politeness make of the same verbs: 使うてません, しとらん, 該当いたします, させてもらいます.
_PLAIN = (
    *(
        ("(?:もろうて|もろて)", "もらって"),
        ("(?<=[使買払習言思])うて(?=[まへなおい])", "って"),
        ("おまへん", "ありません"),
    ),
    *(("まへん", "ません"), ("(?:せえへん|せーへん|しいひん|しやへん)", "しない"), ("(?:あらへん|あれへん)", "ない")),
    *(("(?<=て)へん", "ない"), ("(?:と|ちょ)(?:らん|らへん|らない)(?!か)", "ていない"), ("ってていない", "っていない")),
    *(("(?:と|ちょ)ります", "ています"), ("(?:いた|致)しております", "しています"), ("ております", "ています")),
    *(("(?:いた|致)しま", "しま"), ("さ[せし]て(?:いただ|頂|もら)(?:いています|きます|います|うで|うわ|う)", "します")),
    *(("(?:まっせ|ますえ|ますわ|ますで|ますけん|ますばい)$", "ます"), ("ってておらん", "っていない")),
)
PLAIN_SPEECH = tuple((re.compile(pattern), plain) for pattern, plain in _PLAIN)
