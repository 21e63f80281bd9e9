"""The rows of a book: its sources and pages, what was read, what was made of it."""

from books.models.book import Book, BookStatus, DeletedBook
from books.models.change import Change, GuidelineImport, Proposal, ProposalKind, ProposalState
from books.models.contents import AppliedCut, Contents, ContentsStatus, PageDigest, StoredOutline
from books.models.files import Delivery, ExpectedFile
from books.models.guideline import DECIDED, DECISIONS, Provenance, ReviewStatus, Subtopic, Topic
from books.models.model_call import CallOutcome, ModelCall, ModelPrice, ProviderProfile, Reservation, StageModel
from books.models.page import Arrangement, OcrStatus, Page, PageReview, Reading, Source, Thumbnail
from books.models.publication import (
    Announcement,
    DeliveryState,
    Feed,
    Happening,
    PublishedGuideline,
    PublishedSet,
    WebhookDelivery,
    WebhookEndpoint,
)
from books.models.session import ApiToken, AuditEntry, Outcome, Session, TokenScope
from books.models.team import Assignment, Channel, Comment, Notice, Preferences
