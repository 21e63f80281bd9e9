"""Whether statements are borne out by the pages they cite. Pure: what is here knows no database."""

from books.guidelines.evidence.check import ABSENT, LATER_SUBTOPIC, EvidenceCheck
from books.guidelines.evidence.claims import Checked, Claim, Finding, FindingKind, Quote
from books.guidelines.evidence.share import PrintedWords, blocking

__all__ = [
    "ABSENT",
    "LATER_SUBTOPIC",
    "Checked",
    "Claim",
    "EvidenceCheck",
    "Finding",
    "FindingKind",
    "PrintedWords",
    "Quote",
    "blocking",
]
