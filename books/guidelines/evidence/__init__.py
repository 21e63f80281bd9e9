"""Whether statements are borne out by the pages they cite. Pure: what is here knows no database."""

from books.guidelines.evidence.check import ABSENT, LATER_SUBTOPIC, EvidenceCheck
from books.guidelines.evidence.claims import Checked, Claim, Finding, FindingKind, Quote
from books.guidelines.evidence.share import Flag, PrintedWords, flags_of, unsupported

__all__ = [
    "ABSENT",
    "LATER_SUBTOPIC",
    "Checked",
    "Claim",
    "EvidenceCheck",
    "Finding",
    "FindingKind",
    "Flag",
    "PrintedWords",
    "Quote",
    "flags_of",
    "unsupported",
]
