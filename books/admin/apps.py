from django.contrib.admin.apps import SimpleAdminConfig


class BookpipelineAdminConfig(SimpleAdminConfig):
    """Its site registers the screens when somebody first asks for their addresses: workers and commands never do."""

    default_site = "books.admin.site.BookpipelineSite"

    def ready(self) -> None:
        super().ready()
        from books.engine_words import name_engine

        name_engine()
