"""The rows that are the truth about background work."""

from jobs.models.cluster import Cluster
from jobs.models.event import Event
from jobs.models.item import Item
from jobs.models.job import Job

__all__ = ["Cluster", "Event", "Item", "Job"]
