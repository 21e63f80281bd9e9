from tests.jobs.conftest import book, rig, stage, woken

__all__ = ["book", "rig", "stage", "woken"]
