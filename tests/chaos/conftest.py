from tests.flow.test_redis import broker, queued_on
from tests.jobs.conftest import book, rig, stage, woken

__all__ = ["book", "broker", "queued_on", "rig", "stage", "woken"]
