"""Whether statements are borne out by the pages they cite. Pure: what is here knows no database."""

from books.guidelines.evidence.check import ABSENT, LATER_SUBTOPIC, EvidenceCheck
from books.guidelines.evidence.material import BookText, Claim

__all__ = ["ABSENT", "LATER_SUBTOPIC", "BookText", "Claim", "EvidenceCheck"]
