"""The schema: importing this package registers every table with ``metadata``."""

from __future__ import annotations

from storage.tables.accounts import AccountLinkRow, AccountRow
from storage.tables.audit import AuditChainRow, AuditEntryRow, AuditHeadRow, AuditSubjectRow
from storage.tables.bank_logins import BankLoginRow
from storage.tables.base import metadata, row_id, sealed_columns, table_of
from storage.tables.campaigns import CampaignDeliveryRow, CampaignMemberRow, CampaignRow
from storage.tables.cases import CaseRow, CaseTransitionRow, LinkCodeRow
from storage.tables.contacts import AnswerPromiseRow, ContactTryRow
from storage.tables.conversations import ContentRow, ConversationEventRow, ConversationRow
from storage.tables.customers import CustomerRow, MasterCurrentRow, MasterRecordRow, MasterVersionRow
from storage.tables.desk import ConversationBarRow, ConversationSnoozeRow, ConversationVisitRow
from storage.tables.due import CustomerFlagRow, ReviewCadenceRow, TriggerEventRow
from storage.tables.entries import EntryRow
from storage.tables.exports import ExportPartRow, ExportRequestRow
from storage.tables.faq_edits import FaqEditRow
from storage.tables.hand_overs import HandOverRow
from storage.tables.images import ImageRow
from storage.tables.leases import JobLeaseRow
from storage.tables.menus import AccountMenuRow, ChannelMenuRow
from storage.tables.messages import InboundRow, OutgoingRow
from storage.tables.notifications import NotificationRow
from storage.tables.outlets import ExportSendingRow, HookMessageRow, OutletRow
from storage.tables.pacing import SendingPaceRow
from storage.tables.publishing import LiveContentRow, PublishedRow
from storage.tables.questions import QuestionDecisionRow
from storage.tables.quota import ChannelQuotaRow
from storage.tables.ratings import RatingDecisionRow, RatingProposalRow
from storage.tables.retention import CustomerHoldRow, ErasureRow
from storage.tables.secrets import CounterRow, EncryptionKeyRow, StoreSecretRow
from storage.tables.sign_on import SignOnRequestRow, SpentTokenRow, StaffIdentityRow
from storage.tables.staff import StaffBranchRow, StaffFactorRow, StaffRow, StaffSessionRow
from storage.tables.submissions import (
    DifferenceDecisionRow,
    DifferenceRow,
    ExportBatchRow,
    ExportMemberRow,
    ExportSpanRow,
    SubmissionRow,
)

__all__ = [
    "AccountLinkRow",
    "AccountMenuRow",
    "AccountRow",
    "AnswerPromiseRow",
    "AuditChainRow",
    "AuditEntryRow",
    "AuditHeadRow",
    "AuditSubjectRow",
    "BankLoginRow",
    "CampaignDeliveryRow",
    "CampaignMemberRow",
    "CampaignRow",
    "CaseRow",
    "CaseTransitionRow",
    "ChannelMenuRow",
    "ChannelQuotaRow",
    "ContactTryRow",
    "ContentRow",
    "ConversationBarRow",
    "ConversationEventRow",
    "ConversationRow",
    "ConversationSnoozeRow",
    "ConversationVisitRow",
    "CounterRow",
    "CustomerFlagRow",
    "CustomerHoldRow",
    "CustomerRow",
    "DifferenceDecisionRow",
    "DifferenceRow",
    "EncryptionKeyRow",
    "EntryRow",
    "ErasureRow",
    "ExportBatchRow",
    "ExportMemberRow",
    "ExportPartRow",
    "ExportRequestRow",
    "ExportSendingRow",
    "ExportSpanRow",
    "FaqEditRow",
    "HandOverRow",
    "HookMessageRow",
    "ImageRow",
    "InboundRow",
    "JobLeaseRow",
    "LinkCodeRow",
    "LiveContentRow",
    "MasterCurrentRow",
    "MasterRecordRow",
    "MasterVersionRow",
    "NotificationRow",
    "OutgoingRow",
    "OutletRow",
    "PublishedRow",
    "QuestionDecisionRow",
    "RatingDecisionRow",
    "RatingProposalRow",
    "ReviewCadenceRow",
    "SendingPaceRow",
    "SignOnRequestRow",
    "SpentTokenRow",
    "StaffBranchRow",
    "StaffFactorRow",
    "StaffIdentityRow",
    "StaffRow",
    "StaffSessionRow",
    "StoreSecretRow",
    "SubmissionRow",
    "TriggerEventRow",
    "metadata",
    "row_id",
    "sealed_columns",
    "table_of",
]
