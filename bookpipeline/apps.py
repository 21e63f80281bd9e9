from django.apps import AppConfig


class BookpipelineConfig(AppConfig):
    name = "bookpipeline"

    def ready(self) -> None:
        import bookpipeline.checks
        import bookpipeline.middleware
        import bookpipeline.second_factor  # noqa: F401 - they register checks and connect signals
