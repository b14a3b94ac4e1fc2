"""A wish is known by its grammar in any mood; its negation, a report of it and a thing of that name are none."""

from __future__ import annotations

import pytest

from dialogs.conversation.commands import Command, wished
from dialogs.japanese import fold


def wish(text: str) -> Command | None:
    return wished(fold(text), "ja")


@pytest.mark.parametrize(
    "mood",
    [
        "つないでください",
        "つないで下さいませんか",
        "つないでほしいんですが",
        "つないでもらえます？",
        "つないでいただけると助かります",
        "つないでくれへん",
        "つないでちょうだい",
        "つないでや",
        "つないで〜",
        "つないで🙏",
        "つないでもろてええですか",
        "つなげますか",
        "つないでもらうことはできますか",
        "おつなぎ願います",
        "ｵﾂﾅｷﾞ ｸﾀﾞｻｲ",
        "つなげや",
    ],
)
@pytest.mark.parametrize("whom", ["責任者に", "どなたか担当の方へ", "わかる人に急いで"])
def test_any_mood_of_any_person(whom: str, mood: str) -> None:
    assert wish(whom + mood) is Command.STAFF


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("店長さんに替わってもろてもよろしいか", Command.STAFF),
        ("お電話でのご説明を希望いたします", Command.STAFF),
        ("替わってよ、担当の人に", Command.STAFF),
        ("ひとつ手前の画面を見直させてください", Command.BACK),
        ("ごめん、ちょっと戻らせて", Command.BACK),
        ("窓口なら答えます", Command.STAFF),
        ("キャンセルで、stopして", Command.STOP),
        ("メールなしでお願いします", Command.STOP),
        ("部屋番号が漏れていたので書き足してください", Command.CORRECT),
        ("いいえに直してもらえますか", Command.CORRECT),
        ("担当に代わってもらって説明を受けたい", Command.STAFF),
        ("さきほど送った番号を書き直せますか", Command.CORRECT),
        ("漢字を打ち間違えてしまいました", Command.CORRECT),
        ("アンケートを途中で終わらせたいのですが", Command.STOP),
        ("こういう質問にはもう答えられません", Command.STOP),
        ("来週の月曜に続けさせてください", Command.LATER),
        ("しばらく休憩させてもらいます", Command.LATER),
        ("もう案内を送らんといて", Command.STOP),
        ("わしは一切答えんぞ", Command.STOP),
        ("20分くらい待っててもらえますか", Command.LATER),
        ("19時以降でしたら答えられます", Command.LATER),
        ("残りの質問を進めてください", Command.RESUME),
        ("お待たせしました、進めてください", Command.RESUME),
        ("質問の意味をもっと具体的に言い換えて", Command.MEANING),
        ("この項目は省略できますか", Command.SKIP),
        ("その質問には答えられへん", Command.REFUSE),
        ("英語に直してもらえませんか", Command.LANGUAGE_EN),
        ("日本語に切り替えてほしい", Command.LANGUAGE_JA),
        ("漢字にルビを振っていただけますか", Command.LANGUAGE_EASY),
        ("このアカウントの連携を断ちたい", Command.UNLINK),
        ("書面で提出させてください", Command.PAPER),
        ("この内容で確定してください", Command.SUBMIT),
        ("オペレーター希望です", Command.STAFF),
        ("ロボットとは喋りたくないです", Command.STAFF),
        ("返事が遅い。担当者", Command.STAFF),
        ("ｶｶﾘﾉ ﾋﾄﾆ ｶﾜｯﾃ", Command.STAFF),
        ("手前の設問まで遡りたいのですが", Command.BACK),
        ("もう聞かなくて結構です", Command.STOP),
        ("アンケートは結構", Command.STOP),
        ("回答を撤回いたします", Command.STOP),
        ("さっき入れた住所の番地を、全角のほうに書き換えたい", Command.CORRECT),
        ("また改めてご連絡いたします", Command.LATER),
        ("質問をもう一度送ってもらえますか", Command.REPEAT),
        ("勤続年数は言いたくないです", Command.REFUSE),
        ("理由までは話す気になれません", Command.REFUSE),
        ("妻のことなので把握しておりません", Command.DONT_KNOW),
        ("いくらだったか忘れちゃったよ", Command.DONT_KNOW),
        ("誰かに聞き取りしてもらえんじゃろか", Command.STAFF),
        ("ロボットはいやや", Command.STAFF),
        ("そちらからかけていただけますか", Command.STAFF),
        ("悪いけど手を貸してもらえませんか", Command.STAFF),
        ("戻れへんのやけど", Command.BACK),
        ("うっかり先に進んでしまいました", Command.BACK),
        ("打ち間違えた💦前へ", Command.BACK),
        ("こんなんやんねえよ", Command.STOP),
        ("そげなもん付き合いきらんばい", Command.STOP),
        ("任意なら出しません", Command.STOP),
        ("わしは降りるわ", Command.STOP),
        ("通知をオフにしてください", Command.STOP),
        ("もう要らないんで", Command.STOP),
        ("ラインの友だちを外します", Command.STOP),
        ("申し込みを取り消したい", Command.STOP),
        ("回答の意思はございません", Command.STOP),
        ("やめてってば", Command.STOP),
        ("やかましい、放っておいてください", Command.STOP),
        ("金輪際かかわりません", Command.STOP),
        ("一個前に行きたいのですが", Command.BACK),
        ("来月でもかまいませんか", Command.LATER),
        ("今度の日曜に書くたい", Command.LATER),
        ("取引先との秘密なので言えません", Command.REFUSE),
        ("その点はお伝えできかねます", Command.REFUSE),
        ("どちらになるのか判断がつきません", Command.DONT_KNOW),
        ("昔すぎて記憶にないなあ", Command.DONT_KNOW),
        ("残りをやっぺ", Command.RESUME),
    ],
)
def test_each_command_in_its_own_words(text: str, command: Command) -> None:
    assert wish(text) is command


@pytest.mark.parametrize(
    "text",
    [
        # Not wished, or wished away.
        "担当者につながなくていいです",
        "誰かに代わってもらわなくて結構です",
        "窓口の人とは話したくない",
        "電話じゃなくてここで話したい",
        "一つ前には戻らないでください",
        "途中でやめないで答えます",
        # Said by somebody else.
        "担当者に電話してくださいと書いてありました",
        "窓口で話してくださいって言われた",
        # A thing of that name, and what somebody does.
        "誰かに手伝ってもらいたい仕事",
        "担当者が説明しています",
        "前の職場に戻りたいです",
        "個人出してる店",
        "登録を確認しました",
        "夜間の警備をやります",
        "日曜に畑をやります",
        "人を雇って支店を出したい",
        "次の工事に進みたい",
        "娘はもうすぐ学校を終えます",
        "息子に送ってやりたい",
        # About a question of the bank's, none of the form's.
        "引っ越したので住所を変更したい",
        "人が多いところで働いています",
        "人に言いたくないお金を分けてある",
        "書類の控えをもう一度送ってもらうための手数料",
        "人にお願いして配達しています",
        "わからない人に教える仕事です",
        "自分の名前が書けません",
        "間違えて送金した",
        # Past, or of the customer's life.
        "担当者に説明してもらったお金",
        "もういらない車を売った",
        "長いあいだ放っておいた土地の売却",
        "うちは結構大きな農家です",
        "任意整理で返しました",
        "来月でよかったのに払いました",
        "株が一つ下がって買い足した",
        "間違って進んだ工事のやり直し",
        # A greeting.
        "夜分に失礼いたします",
        "新聞を止めてもらって返ってきた分",
        "やめたくてもやめられない趣味",
    ],
)
def test_what_is_no_wish(text: str) -> None:
    assert wish(text) is None


def test_a_long_story_wishes_in_its_last_sentence() -> None:
    story = "先日から何度も同じ手紙が届いておりまして、私も高齢なものですから、"
    story += "細かい字を読んだり打ったりするのがとても大変でございます。"
    assert len(story) > 60
    assert wish(story + "担当の方とお話しさせてください。") is Command.STAFF
    assert wish("担当の方とお話しさせてください。" + story) is None
    assert wish(story.replace("。", "、") + "担当の方とお話しさせてください") is None


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("Please let me talk to one of your human colleagues", Command.STAFF),
        ("take me back to the question before", Command.BACK),
        ("I want to alter what I entered", Command.CORRECT),
        ("I won't be answering any of this", Command.STOP),
        ("I am in the middle of something", Command.LATER),
        ("I'd rather not share that", Command.REFUSE),
    ],
)
def test_in_english_two_words_in_order_are_a_wish(text: str, command: Command) -> None:
    assert wished(fold(text), "en") is command


@pytest.mark.parametrize(
    "text", ["I employ staff and train them to talk", "my personal savings", "money to go back to my family"]
)
def test_the_same_words_otherwise_are_none(text: str) -> None:
    assert wished(fold(text), "en") is None
