from django.apps import AppConfig


class BooksConfig(AppConfig):
    name = "books"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        import books.models.files  # noqa: F401 - connects the signals
        from books.extraction.job import EXTRACTION, FINALISATION
        from books.ocr.job import OCR
        from jobs.handlers import register

        for handler in (OCR, EXTRACTION, FINALISATION):
            register(handler)
