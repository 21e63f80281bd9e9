"""A better scan in the place of a page's own."""

from __future__ import annotations

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from books.errors import ArrangementRefused, UploadRejected
from books.intake import limits
from books.intake.busy import check_at_rest
from books.intake.store import Upload, check_new, judged_source, locked, stored
from books.models import OcrStatus, Page, PageReview, Thumbnail
from books.models.files import delete_once_committed


def replace_scan(page: Page, upload: Upload, *, user: AbstractBaseUser | None = None) -> Page:
    """Puts the one page of ``upload`` (an image of up to 20 MB) in the place of the page's scan.

    Earlier readings stay as history; the old file goes unless other pages are in it. Raises UploadRejected,
    ArrangementRefused for a page that was removed meanwhile, and JobAlreadyActive while any job of the book is active,
    since it may have the old scan in hand.
    """
    book = page.book
    check_at_rest(book)
    source = judged_source(book, upload, user, image_bytes=limits.SINGLE_FILE_BYTES)
    if source.frames != 1:
        raise UploadRejected(
            _("has {frames} pages; send the one that takes this page's place.").format(frames=source.frames),
            name=source.name,
        )
    check_new(source)
    with stored(source, upload.data), locked(book):
        check_at_rest(book)
        check_new(source)
        page = _as_it_is_now(page)
        source.save(force_insert=True)
        old = page.source
        page.source, page.frame, page.part, page.rotation = source, source.places[0], None, None
        page.reading, page.ocr_status, page.ocr_error = None, OcrStatus.WAITING, ""
        page.image_width = page.image_height = page.cut = None
        page.review, page.reviewed_by, page.reviewed_at = PageReview.PENDING, None, None
        page.save()
        Thumbnail.objects.filter(page=page).delete()
        if not Page.every.filter(source=old).exists():
            old.delete()
        for name in page.file_names:
            delete_once_committed(name)
    return page


def _as_it_is_now(page: Page) -> Page:
    """Somebody may have moved or removed it while the file was judged and stored."""
    found = Page.objects.filter(pk=page.pk).select_related("book", "source").first()
    if found is None:
        raise ArrangementRefused(_("This page was removed meanwhile; bring it back first, then replace its scan."))
    return found
