"""What the bot itself says in the midst of a form, whatever the form asks: posed on the small form of the gallery."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bot.gallery.posing import NIGHT, RECEIPT, ZONE, Said, Stage, first, last
from bot.office_hours import OfficeHours
from dialogs.conversation import events as ev, inputs as inp
from dialogs.conversation.events import AnswerState, Key, Owner
from dialogs.conversation.prompts import Phrase, Prompt
from dialogs.conversation.wording import Voice
from dialogs.definition.model import Questionnaire
from dialogs.faq.matcher import Action, Match, Mood, Reason, Scored
from dialogs.guard import SecretKind

_MEDIA = ("image", "video", "audio", "file", "sticker", "location", "other")
_MASTER = {"name": "山田 太郎"}


def found(action: Action, reason: Reason, *topics: str, mood: Mood = Mood.CALM) -> Match:
    """What the FAQ might have found."""
    ranked = tuple(Scored(topic, 0.9) for topic in topics)
    return Match(action=action, ranked=ranked, version="", reason=reason, offered=topics, mood=mood, asks=True)


def sentences(form: Questionnaire, voice: Voice, topics: tuple[str, ...]) -> Iterator[Said]:
    """All of them; ``topics`` are some of the FAQ, for the ways in which topics are offered."""
    yield from _asides(form, voice)
    yield from _answers(form, voice)
    yield from _lists(form, voice)
    yield from _moves(form, voice)
    yield from _review(form, voice)
    yield from _faq(form, voice, topics)
    yield from _entries(form, voice)


def _asides(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def at() -> Stage:
        return Stage(form, voice).until("one")

    for media in _MEDIA:
        yield Said(f"engine.media_{media}", first(at().do(inp.MediaSent(media=media))))
    for secret in SecretKind:
        yield Said(f"guard.{secret.value}", first(at().do(inp.SecretWithheld(secret=secret.value))))
    yield Said("engine.help", first(at().tap("help")))
    yield Said("engine.language_changed", first(at().tap(f"language_{_command(voice.locale)}")))
    yield Said("engine.status", first(at().type("/status")))
    yield Said("handover.phone", first(at().tap("phone")))
    yield Said("engine.why", first(at().tap("why")))
    yield Said("engine.progress", last(at().do(inp.Began())))
    end = Stage(form, voice).until("another")
    for _ in range(2):
        end.type("見本")
        end.tap("yes")
    yield Said("engine.progress_end", last(end.do(inp.Began())))


def _command(locale: str) -> str:
    return "easy" if locale == "ja_easy" else locale


def _correct(name: str, instance: int = 0) -> inp.AskedToCorrect:
    return inp.AskedToCorrect(question=name, instance=instance)


def _answers(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def at(name: str, **with_: dict[str, str]) -> Stage:
        return Stage(form, voice, master=with_.get("master")).until(name)

    yield Said("engine.offered_master", last(at("name", master=_MASTER).do(inp.Began())))
    yield Said("engine.unchanged_again", last(at("name", master=_MASTER).tap("diff")))
    yield Said("engine.offered_default", last(at("count").do(inp.Began())))
    stage = at("sum")
    slot = stage.position.current
    assert slot is not None
    taken = replace(_answered(stage, "sum"), value="300", display="300")
    stage.record(taken, ev.SetAside(at=stage.now, key=slot.key))
    yield Said("engine.offered_previous", last(stage.do(inp.Began())))
    yield Said("engine.confirm", last(at("name").type("山田太郎")))
    stage = at("sum")
    yield Said("engine.check", last(stage.type("500万円")))
    yield Said("engine.echo", last(at("day").type("s39.10.10")))
    yield Said("engine.several", last(at("several").do(inp.Began())))
    yield Said("engine.several_ticked", last(at("several").tap("c0")))
    yield Said("engine.skip", last(at("word").do(inp.Began())))
    yield Said("engine.decline_refuse", last(at("one").do(inp.Began())))
    yield Said("engine.decline_unknown", last(at("day").do(inp.Began())))
    yield Said("engine.acknowledge", last(at("read").do(inp.Began())))
    yield Said("engine.share_question", last(at("phone").do(inp.Began())))
    yield Said("engine.more", last(at("another").type("見本")))
    stage = at("another")
    stage.type("見本")
    yield Said("engine.instance", last(stage.tap("yes")))
    stage = at("address")
    yield Said("engine.postal_code_kept", last(stage.type("100-0005")))
    yield Said("problem.constraint", last(at("bounded").type("10")))
    yield Said("problem.needed", last(at("several").type("わからない" if voice.locale != "en" else "I don't know")))
    yield Said("problem.choose", last(at("name", master=_MASTER).type("見本")))
    yield Said("engine.either", last(at("yes_or_no").type("大丈夫です")))
    for name, tried in (("one", "engine.second_try"), ("day", "engine.second_try_text")):
        stage = at(name)
        stage.type("見本")
        yield Said(tried, last(stage.type("見本")))
    stage = Stage(form, voice, now=NIGHT).until("day")
    for _ in range(2):
        stage.type("見本")
    yield Said("engine.offer_person", last(stage.type("見本")))
    stage = at("day")
    for _ in range(2):
        stage.type("見本")
    yield Said("handover.third_failure", last(stage.type("見本")))
    stage = at("bounded")
    stage.record(replace(_answered(stage, "bounded"), value="99", display="99"))
    yield Said("engine.no_longer_fits", last(stage.do(inp.Began())))


def _answered(stage: Stage, name: str, instance: int = 0) -> ev.Answered:
    return ev.Answered(
        at=stage.now,
        key=Key(name, instance),
        value="1",
        display="1",
        state=AnswerState.ANSWERED,
        locale=stage.locale,
        content_id="c1",
    )


def _lists(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def at(name: str) -> Stage:
        return Stage(form, voice).until(name)

    word = "choice" if voice.locale == "en" else "選択肢"
    yield Said("engine.page", last(at("paged").do(inp.Began())))
    yield Said("engine.page_after", last(at("paged").tap("page1")))
    yield Said("engine.type_to_find", last(at("typed").do(inp.Began())))
    yield Said("engine.more_hits", last(at("typed").type(word)))
    stage = at("typed")
    stage.type(word)
    yield Said("engine.ticked", last(stage.tap("c0")))
    yield Said("problem.type_more", last(at("typed").type("zzz")))
    stage = at("one")
    turn = stage.turn()
    turn.ask_current(Phrase(key="engine.which_one"), only=("ca", "cb"))
    yield Said("engine.which_one", last(turn.says))


def _moves(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def at(name: str = "one", **more: bool) -> Stage:
        return Stage(form, voice, **more).until(name)  # type: ignore[arg-type]

    yield Said("engine.paused", first(at().tap("later")))
    stage = at()
    stage.tap("later")
    yield Said("engine.welcome_back", last(stage.type("見本")))
    yield Said("engine.no_way_back", last(at("read").tap("back")))
    stage = at("day").record(replace(_answered(at(), "one"), value="ca"))
    yield Said("engine.your_answer", last(stage.do(_correct("one"))))
    yield Said("engine.not_correctable", last(at("read").do(_correct("one"))))
    stage = Stage(form, voice, sensitive_allowed=False)
    stage.to_review()
    yield Said("engine.elsewhere", last(stage.do(_correct("sensitive"))))
    yield Said("engine.stale", last(at().tap("c0", token="p0")))  # noqa: S106
    yield Said("engine.late", last(at().tap(inp.TYPED_LATE, token="p0")))  # noqa: S106
    yield Said("engine.not_seen", last(at().type("見本", unseen=True)))
    yield Said("engine.questions_left", last(at().type("/submit")))
    stage = at("day").record(_answered(Stage(form, voice), "sum"))
    yield Said("engine.taken_back", last(stage.do(inp.TookBack(content_id="c1"))))
    stage = at()
    stage.state = replace(stage.state, renewed=True)
    yield Said("engine.form_renewed", last(stage.do(inp.Began())))
    yield Said("engine.sure_stop", last(at().type("/stop")))
    yield Said("engine.sure_unlink", last(at().type("/unlink")))
    stage = at()
    stage.type("/stop")
    yield Said("engine.ended", first(stage.tap("yes")))
    yield from _people(form, voice)


def _people(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def at() -> Stage:
        return Stage(form, voice).until("one")

    def waiting() -> Stage:
        stage = at()
        stage.tap("staff")
        return stage

    night = Stage(form, voice, now=NIGHT).until("one")
    yield Said("handover.waiting", first(at().tap("staff")))
    yield Said("handover.closed", first(night.tap("staff")))
    yield Said("handover.note_taken", last(night.type("見本")))
    yield Said("handover.still_waiting", first(waiting().type("見本")))
    yield Said("handover.answer_taken", first(_tapped(waiting())))
    yield Said("handover.customer_returned", last(waiting().tap("resume")))
    yield Said("handover.waited_long", first(waiting().do(inp.WaitedLong())))
    yield Said("handover.nobody_came", last(waiting().do(inp.NobodyCame())))
    stage = waiting()
    stage.office = OfficeHours(zone=ZONE)
    yield Said("handover.reply_later", last(stage.do(inp.NobodyCame())))
    stage = waiting()
    stage.do(inp.StaffTook(staff_id="s1", epoch=2))
    yield Said("handover.other_staff", first(stage.do(inp.StaffReleased(staff_id="s1", reason="idle"))))
    stage = waiting()
    stage.do(inp.StaffTook(staff_id="s1", epoch=2))
    yield Said("handover.returned", last(stage.do(inp.HandedBack(staff_id="s1"))))
    stage = waiting()
    stage.do(inp.StaffTook(staff_id="s1", epoch=2))
    yield Said("handover.past_due", last(stage.do(inp.HandedBack(staff_id="s1", past_due=True))))
    yield Said("handover.bot_failed", first(at().do(inp.BotFailed())))
    turn = at().turn()
    turn.call_person("handover:one", key=Key("one"))
    yield Said("handover.by_answer", first(turn.says))
    nobody = at().record(
        ev.OwnerChanged(at=at().now, owner=Owner.WAITING, epoch=1, reason="handover:one", key=Key("one"))
    )
    yield Said("handover.nobody_came_to_answer", first(nobody.do(inp.NobodyCame())))


def _tapped(stage: Stage) -> tuple[Prompt, ...]:
    assert stage.state.open is not None
    return stage.do(inp.Chose(token=stage.state.open.tokens[-1], option="c0"))


def _review(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def stage() -> Stage:
        # Unchanged, declined, chosen and read back: the ways in which an answer stands in the list.
        found = Stage(form, voice, master=_MASTER, sensitive_allowed=False)
        values = {"read": "OK", "one": "ca", "several": "ca cb", "sum": "300", "word": "", "sensitive": ""}
        while (slot := found.position.current) is not None:
            name = slot.key.question
            if slot.question is None:
                found.answer(slot, "no")
            elif name == "name":
                found.answer(slot, "山田 太郎", "山● 太●", AnswerState.UNCHANGED)
            elif name == "sensitive":
                found.answer(slot, "", state=AnswerState.OTHER_CHANNEL)
            elif name in values:
                found.answer(slot, values[name])
            else:
                found.answer(slot, "", state=AnswerState.DECLINED)
        return found

    yield Said("engine.review", last(stage().do(inp.Began())))
    kept = stage()
    slot = next(slot for slot in kept.position.asked_slots if slot.key.question == "sensitive")
    kept.answer(slot, "1").do(inp.Began())
    yield Said("engine.review_kept", last(kept.do(inp.Began())))
    reviewed = stage()
    reviewed.do(inp.Began())
    yield Said("engine.which", last(reviewed.tap("fix")))
    middle = Stage(form, voice).until("day")
    yield Said("engine.which_midway", last(middle.type("/correct")))
    corrected = stage()
    corrected.do(inp.Began())
    yield Said("engine.keep", last(corrected.do(_correct("sum"))))
    done = stage()
    done.do(inp.Began())
    yield Said("engine.receipt", first(done.tap("submit")))
    yield Said("engine.already_completed", first(done.type("見本")))
    yield Said("engine.asked_once_more", last(done.do(inp.AskedOnceMore(keys=(Key("sum"),), receipt_no=RECEIPT))))


def _faq(form: Questionnaire, voice: Voice, topics: tuple[str, ...]) -> Iterator[Said]:
    def at() -> Stage:
        return Stage(form, voice).until("one")

    def asked(match: Match, stage: Stage | None = None) -> tuple[Prompt, ...]:
        return (stage or at()).type("見本ですか?", match, asks=True)

    one, several = topics[:1], topics[:3]
    offer = found(Action.OFFER, Reason.SIMILAR, *several)
    yield Said("faq.offer", first(asked(offer)))
    yield Said("faq.offer_one", first(asked(found(Action.OFFER, Reason.SIMILAR, *one))))
    for mood in (Mood.ANGRY, Mood.WORRIED):
        match = found(Action.OFFER, Reason.SIMILAR, *one, mood=mood)
        yield Said(f"faq.{mood.value}", first(asked(match)))
    yield Said("faq.danger", first(asked(found(Action.STAFF, Reason.DANGER))))
    yield Said("faq.staff", first(asked(found(Action.STAFF, Reason.OTHER_BUSINESS))))
    yield Said("faq.unknown_topic", first(at().tap("q.none")))
    stage = at()
    unknown = found(Action.STAFF, Reason.UNKNOWN)
    for _ in range(1):
        asked(unknown, stage)
    yield Said("faq.no_answer", first(asked(unknown, stage)))


def _entries(form: Questionnaire, voice: Voice) -> Iterator[Said]:
    def proposed() -> tuple[Stage, tuple[Prompt, ...]]:
        stage = Stage(form, voice).until("sum")
        entered = inp.StaffEntered(key=Key("sum"), value="300", display="300円", staff_id="s1")
        return stage, stage.do(entered)

    stage, says = proposed()
    yield Said("entry.entered", first(says))
    yield Said("entry.confirmed", last(stage.tap("yes", token="s1")))  # noqa: S106
    stage, _ = proposed()
    yield Said("entry.dropped", first(stage.tap("no", token="s1")))  # noqa: S106
