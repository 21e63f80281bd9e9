"""The rows of a book: its sources and pages, what was read, what was made of it."""

from books.models.audit import AuditEntry, Outcome
from books.models.book import Book, BookStatus, DeletedBook
from books.models.change import Change, GuidelineImport
from books.models.contents import AppliedCut, Contents, ContentsStatus, PageDigest, StoredOutline
from books.models.files import Delivery, ExpectedFile
from books.models.guideline import DECIDED, DECISIONS, Provenance, ReviewStatus, Subtopic, Topic
from books.models.model_call import CallOutcome, ModelCall, ModelPrice, ProviderProfile, Reservation, StageModel
from books.models.page import Arrangement, OcrStatus, Page, PageReview, Reading, Source, Thumbnail
from books.models.proposal import Proposal, ProposalKind, ProposalState
from books.models.publication import Announcement, Feed, Happening, PublishedGuideline, PublishedSet
from books.models.session import Session
from books.models.team import Assignment, Channel, Comment, Notice, Preferences
from books.models.token import ApiToken, TokenScope
from books.models.webhook import DeliveryState, WebhookDelivery, WebhookEndpoint

__all__ = [
    "DECIDED",
    "DECISIONS",
    "Announcement",
    "ApiToken",
    "AppliedCut",
    "Arrangement",
    "Assignment",
    "AuditEntry",
    "Book",
    "BookStatus",
    "CallOutcome",
    "Change",
    "Channel",
    "Comment",
    "Contents",
    "ContentsStatus",
    "DeletedBook",
    "Delivery",
    "DeliveryState",
    "ExpectedFile",
    "Feed",
    "GuidelineImport",
    "Happening",
    "ModelCall",
    "ModelPrice",
    "Notice",
    "OcrStatus",
    "Outcome",
    "Page",
    "PageDigest",
    "PageReview",
    "Preferences",
    "Proposal",
    "ProposalKind",
    "ProposalState",
    "Provenance",
    "ProviderProfile",
    "PublishedGuideline",
    "PublishedSet",
    "Reading",
    "Reservation",
    "ReviewStatus",
    "Session",
    "Source",
    "StageModel",
    "StoredOutline",
    "Subtopic",
    "Thumbnail",
    "TokenScope",
    "Topic",
    "WebhookDelivery",
    "WebhookEndpoint",
]
