"""The rows of a book: its sources and pages, what was read, what was made of it."""

from books.models.arrangement import Arrangement
from books.models.audit import AuditEntry, Outcome
from books.models.book import Book, BookStatus, DeletedBook
from books.models.change import Change
from books.models.contents import Contents, ContentsStatus
from books.models.exchange import GuidelineImport
from books.models.extraction import PageDigest, StoredOutline
from books.models.guideline import DECIDED, DECISIONS, Provenance, ReviewStatus, Subtopic, Topic
from books.models.ledger import CallOutcome, ModelCall, ModelPrice, ProviderProfile, Reservation, StageModel
from books.models.page import OcrStatus, Page, PageReview, Reading, Source
from books.models.proposal import Proposal, ProposalKind, ProposalState
from books.models.publication import Announcement, Feed, Happening, PublishedGuideline, PublishedSet
from books.models.session import Session
from books.models.thumbnail import Thumbnail
from books.models.token import ReaderToken, TokenScope
from books.models.upload import Delivery, ExpectedFile
from books.models.webhook import DeliveryState, WebhookDelivery, WebhookEndpoint

__all__ = [
    "DECIDED",
    "DECISIONS",
    "Announcement",
    "Arrangement",
    "AuditEntry",
    "Book",
    "BookStatus",
    "CallOutcome",
    "Change",
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
    "OcrStatus",
    "Outcome",
    "Page",
    "PageDigest",
    "PageReview",
    "Proposal",
    "ProposalKind",
    "ProposalState",
    "Provenance",
    "ProviderProfile",
    "PublishedGuideline",
    "PublishedSet",
    "ReaderToken",
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
