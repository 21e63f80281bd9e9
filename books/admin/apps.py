from django.contrib.admin.apps import AdminConfig


class BookpipelineAdminConfig(AdminConfig):
    default_site = "books.admin.site.BookpipelineSite"

    def ready(self) -> None:
        """Registers the screens here: this package is imported before the models are, so not on import."""
        super().ready()
        import books.admin.books
        import books.admin.costs
        import books.admin.job_list
        import books.admin.people
        import books.admin.tokens
        import books.admin.webhooks  # noqa: F401 - they register by being imported
        from books.admin.said import name_engine

        name_engine()
