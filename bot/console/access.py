"""The only door of the console: who may see which page and do which deed.

Every handler declares what it needs (``@needs``); a route whose handler declares nothing makes the
application's construction fail, so that a page without a check cannot exist.  The ``authorize_*``
functions return the thing that was asked for or raise, one condition a line.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum

from aiohttp import web
from sqlalchemy import Connection

from bot.console.context import Visit
from bot.console.entry_queue import EntrySlip, find_entry
from bot.console.queue import Slip, find_slip
from bot.console.review_queue import Ticket, find_ticket
from bot.console.visitors import is_https, is_loopback
from storage.encryption import Vault
from storage.export_requests import ExportRequest, load_request
from storage.images import is_image_of
from storage.staff import Session, StaffMember, load_staff
from storage.worklists import Item, find_item


class Permission(StrEnum):
    """What a handler may need."""

    #: Style sheets and scripts: nobody is asked who he is.
    OPEN = "open"
    #: Pages before sign-in.
    PUBLIC = "public"
    #: Who has typed the right password, the code of the authenticator app perhaps not yet.
    HALF_SIGNED_IN = "half_signed_in"
    #: Any member of staff, even one who still has to change the first password or to set up an app.
    SIGNED_IN = "signed_in"
    SEE_CONVERSATIONS = "see_conversations"
    ANSWER = "answer"
    #: Give a conversation to somebody, whoever has it.
    ASSIGN = "assign"
    #: Enter forms that came on paper or were told on the telephone.
    ENTER = "enter"
    #: The identity of a customer without its mask.
    SEE_IN_FULL = "see_in_full"
    EDIT_CONTENT = "edit_content"
    #: See what the comparison with the master record has found, with the values.
    SEE_REVIEWS = "see_reviews"
    #: Decide on it.
    REVIEW = "review"
    #: Agree, as the second person, to what somebody else has decided.
    AGREE = "agree"
    #: Take something out of the next version of the FAQ, which is the whole bank's.
    EDIT_FAQ = "edit_faq"
    #: Make it live.
    PUBLISH = "publish"
    SEE_EXPORTS = "see_exports"
    EXPORT = "export"
    #: Campaigns, their counts and their reach.
    SEE_CAMPAIGNS = "see_campaigns"
    #: Make, start, pause and stop one.
    MAKE_CAMPAIGN = "make_campaign"
    #: Agree to one that somebody else made.
    APPROVE_CAMPAIGN = "approve_campaign"
    #: Who is there, how long customers wait and why they need a person.
    SUPERVISE = "supervise"
    #: Counts of the whole course of things; small ones only for who answers for them (``charts.SEE_FEW``).
    SEE_CHARTS = "see_charts"
    SEE_AUDIT = "see_audit"
    #: The lists of calls and visits, without names.
    SEE_WORKLISTS = "see_worklists"
    #: Reach a customer outside the chat: see whom, and write down what came of it.
    CONTACT = "contact"
    #: Allow what somebody else asked to take out in full.
    APPROVE_EXPORT = "approve_export"


#: Which roles hold a permission; what is not listed is refused.
ROLES: Mapping[Permission, frozenset[str]] = {
    Permission.HALF_SIGNED_IN: frozenset({"operator", "back_office", "approver", "auditor", "admin"}),
    Permission.SIGNED_IN: frozenset({"operator", "back_office", "approver", "auditor", "admin"}),
    Permission.SEE_CONVERSATIONS: frozenset({"operator", "back_office", "approver", "auditor", "admin"}),
    Permission.ANSWER: frozenset({"operator", "back_office", "approver", "admin"}),
    Permission.ASSIGN: frozenset({"approver", "admin"}),
    Permission.ENTER: frozenset({"operator", "back_office", "approver", "admin"}),
    Permission.SEE_IN_FULL: frozenset({"operator", "back_office", "approver", "admin"}),
    Permission.EDIT_CONTENT: frozenset({"back_office", "approver", "admin"}),
    Permission.SEE_REVIEWS: frozenset({"back_office", "approver", "auditor", "admin"}),
    Permission.REVIEW: frozenset({"back_office", "approver", "admin"}),
    Permission.AGREE: frozenset({"approver", "admin"}),
    Permission.EDIT_FAQ: frozenset({"back_office", "approver", "admin"}),
    Permission.PUBLISH: frozenset({"approver", "admin"}),
    Permission.SEE_EXPORTS: frozenset({"back_office", "approver", "auditor", "admin"}),
    Permission.EXPORT: frozenset({"back_office", "approver", "admin"}),
    Permission.SEE_CAMPAIGNS: frozenset({"back_office", "approver", "auditor", "admin"}),
    Permission.MAKE_CAMPAIGN: frozenset({"back_office", "approver", "admin"}),
    Permission.APPROVE_CAMPAIGN: frozenset({"approver", "admin"}),
    Permission.SUPERVISE: frozenset({"approver", "admin"}),
    Permission.SEE_CHARTS: frozenset({"back_office", "approver", "auditor", "admin"}),
    Permission.SEE_AUDIT: frozenset({"auditor", "admin"}),
    Permission.SEE_WORKLISTS: frozenset({"operator", "back_office", "approver", "auditor", "admin"}),
    Permission.CONTACT: frozenset({"operator", "back_office", "approver", "admin"}),
    Permission.APPROVE_EXPORT: frozenset({"approver", "admin"}),
}


#: What is open to who still has to change the password or to set up an app.
_ON_THE_WAY_IN = frozenset({Permission.HALF_SIGNED_IN, Permission.SIGNED_IN})

#: About all branches at once: not for a member of staff who is bound to some.
WHOLE_BANK = frozenset(
    {Permission.SEE_EXPORTS, Permission.EXPORT, Permission.APPROVE_EXPORT, Permission.SEE_AUDIT}
    | {Permission.EDIT_FAQ, Permission.PUBLISH}
    | {Permission.SEE_CAMPAIGNS, Permission.MAKE_CAMPAIGN, Permission.APPROVE_CAMPAIGN}
)


class Refused(Exception):
    """The console does not let this request through; ``code`` names the page that explains it."""

    code = "forbidden"
    status = 403


class SignInNeeded(Refused):
    """Nobody is signed in, or the session has ended."""

    code = "signed_out"
    status = 401


class CodeNeeded(Refused):
    """The code of the authenticator app has to be given first."""

    code = "code_due"


class FactorNeeded(Refused):
    """The role signs in with an authenticator app, and this member has none yet."""

    code = "no_factor"


class PasswordChangeNeeded(Refused):
    """The one-time password has to be replaced first."""

    code = "must_change"


class Forbidden(Refused):
    """The role does not hold the permission, or the page is about the whole bank and the member is of branches."""


class ForgedRequest(Refused):
    """A form came without the token of our own page, or from another site."""

    code = "forged"


class NotEncrypted(Refused):
    """The page was asked for over plain http from another machine."""

    code = "not_encrypted"


class NotFound(Refused):
    """There is no such thing, or it belongs to another branch: the two look alike."""

    code = "not_found"
    status = 404


class UndeclaredRoute(Exception):
    """A route of the console declares no permission."""


Handler = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, kw_only=True)
class Page:
    """A handler and what it needs."""

    permission: Permission
    handler: Handler


def needs(permission: Permission) -> Callable[[Handler], Page]:
    """Declare what a handler needs; ``install`` takes nothing else."""

    def declare(handler: Handler) -> Page:
        return Page(permission=permission, handler=handler)

    return declare


def may(staff: StaffMember, permission: Permission) -> bool:
    """Whether this member holds the permission; for drawing a page, never instead of ``authorize_deed``."""
    if not staff.branches.is_whole_bank and permission in WHOLE_BANK:
        return False
    return staff.role in ROLES.get(permission, frozenset())


def lacks_factor(session: Session, factor_roles: tuple[str, ...]) -> bool:
    """Whether the role signs in with an authenticator app and this member has none."""
    return session.factor == "none" and session.staff.role in factor_roles


def authorize_transport(request: web.Request, trusted_proxies: tuple[str, ...]) -> bool:
    """Whether the request came over https; raises ``NotEncrypted`` unless plain http stays on this machine."""
    if is_https(request, trusted_proxies):
        return True
    if is_loopback(request):
        return False
    raise NotEncrypted


def authorize_session(session: Session | None) -> Session:
    """The session; raises ``SignInNeeded``."""
    if session is None:
        raise SignInNeeded
    return session


def authorize_deed(session: Session, permission: Permission, factor_roles: tuple[str, ...] = ()) -> StaffMember:
    """The member of staff; raises ``CodeNeeded``, ``PasswordChangeNeeded``, ``FactorNeeded`` or ``Forbidden``."""
    if session.factor == "due" and permission is not Permission.HALF_SIGNED_IN:
        raise CodeNeeded
    if session.staff.must_change and permission not in _ON_THE_WAY_IN:
        raise PasswordChangeNeeded
    if lacks_factor(session, factor_roles) and permission not in _ON_THE_WAY_IN:
        raise FactorNeeded
    if not may(session.staff, permission):
        raise Forbidden
    return session.staff


def authorize_form(request: web.Request, form: Mapping[str, str], expected: str) -> Mapping[str, str]:
    """The form of our own page; raises ``ForgedRequest``."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise ForgedRequest
    if not expected:
        raise ForgedRequest
    sent = request.headers.get("X-CSRF-Token") or form.get("csrf", "")
    if not hmac.compare_digest(sent.encode(), expected.encode()):
        raise ForgedRequest
    return form


def authorize_conversation(conn: Connection, staff: StaffMember, ref: str) -> Slip:
    """The conversation, within the branches of the member of staff; raises ``NotFound``."""
    slip = find_slip(conn, staff, ref)
    if slip is None:
        raise NotFound
    return slip


def can_take(member: StaffMember, slip: Slip) -> bool:
    """Whether the conversation can be given to this colleague: he may answer, and it is of his branches."""
    if member.state != "active":
        return False
    if not may(member, Permission.ANSWER):
        return False
    return member.branches.include(slip.branch_no)


def authorize_colleague(conn: Connection, slip: Slip, staff_id: str) -> StaffMember:
    """The colleague who is to have the conversation; raises ``NotFound``."""
    member = load_staff(conn, staff_id)
    if member is None:
        raise NotFound
    if not can_take(member, slip):
        raise NotFound
    return member


def authorize_image(conn: Connection, staff: StaffMember, ref: str, image_id: str) -> Slip:
    """The conversation of a picture that is kept, within the branches; raises ``NotFound``."""
    slip = authorize_conversation(conn, staff, ref)
    if not is_image_of(conn, image_id, slip.conversation_id):
        raise NotFound
    return slip


def authorize_case(conn: Connection, staff: StaffMember, case_id: str, person: Collection[str]) -> Ticket:
    """The case, within the branches of the member of staff; raises ``NotFound``."""
    ticket = find_ticket(conn, staff, case_id, person)
    if ticket is None:
        raise NotFound
    return ticket


def authorize_entry(conn: Connection, staff: StaffMember, entry_id: str) -> EntrySlip:
    """The form that is entered, within the branches of the member of staff; raises ``NotFound``."""
    slip = find_entry(conn, staff, entry_id)
    if slip is None:
        raise NotFound
    return slip


def authorize_item(conn: Connection, staff: StaffMember, case_id: str) -> Item:
    """The open case that somebody calls about, within the branches of the member of staff; raises ``NotFound``."""
    item = find_item(conn, case_id, staff.branches)
    if item is None:
        raise NotFound
    return item


def authorize_approval(conn: Connection, vault: Vault, staff: StaffMember, request_id: str) -> ExportRequest:
    """The request that this member may decide on; raises ``NotFound``, or ``Forbidden`` for his own."""
    request = _authorize_request(conn, vault, staff, request_id)
    if request.requested_by == staff.id:
        raise Forbidden
    return request


def authorize_export_file(conn: Connection, vault: Vault, staff: StaffMember, request_id: str) -> ExportRequest:
    """The request whose file this member may fetch; raises ``NotFound``, or ``Forbidden`` for another's full values."""
    request = _authorize_request(conn, vault, staff, request_id)
    if request.is_full and request.requested_by != staff.id:
        raise Forbidden
    return request


def _authorize_request(conn: Connection, vault: Vault, staff: StaffMember, request_id: str) -> ExportRequest:
    request = load_request(conn, vault, request_id)
    if request is None:
        raise NotFound
    if not staff.branches.cover(request.branches):
        raise NotFound
    return request
