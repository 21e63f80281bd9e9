from django.apps import AppConfig


class BooksConfig(AppConfig):
    name = "books"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import books.guidelines.changes
        import books.intake.arrange
        import books.models.files
        import books.ocr.arrivals  # noqa: F401 - they connect signals
        from books.extraction.job import EXTRACTION, FINALISATION
        from books.ocr.job import OCR, OCR_ELSEWHERE
        from jobs.handlers import register

        for handler in (OCR, OCR_ELSEWHERE, EXTRACTION, FINALISATION):
            register(handler)
