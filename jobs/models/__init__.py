"""The rows that are the truth about background work."""

from jobs.models.cluster import Cluster
from jobs.models.event import Event
from jobs.models.item import Item
from jobs.models.job import Job
from jobs.models.tally import SweepRun, Tally
from jobs.models.throttle import Throttle

__all__ = ["Cluster", "Event", "Item", "Job", "SweepRun", "Tally", "Throttle"]
