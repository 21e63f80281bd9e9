from django.contrib.admin.apps import AdminConfig


class BookpipelineAdminConfig(AdminConfig):
    default_site = "books.admin.site.BookpipelineSite"
