"""Who works on a book: what was given to whom, and the comments that nobody has dealt with yet."""

from __future__ import annotations

from django.contrib import admin, messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, reverse
from django.utils.translation import gettext as _

from books.access import may_choose_people
from books.admin.guards import StaffRequest, action, back, route, screen
from books.models import Assignment, Book, Comment, Subtopic
from books.numbers import number_of
from books.ocr.review import pages_of
from books.team import sharing


def routes() -> list[URLPattern]:
    return [
        route("<int:book_id>/people/", people, "books_book_people"),
        route("<int:book_id>/people/give/", give, "books_book_give"),
        route("<int:book_id>/people/<int:assignment_id>/take/", take, "books_book_take"),
        route("<int:book_id>/comment/", comment, "books_book_comment"),
        route("<int:book_id>/comment/<int:comment_id>/done/", done, "books_book_comment_done"),
    ]


@screen("books.view_book")
def people(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book.objects.select_related("owner"), pk=book_id)
    comments = list(sharing.open_comments(book=book))
    context = {
        **admin.site.each_context(request),
        "title": _("People"),
        "book": book,
        "team": book.team.order_by("username"),
        "may_choose": may_choose_people(request.user, book),
        "may_give": request.user.has_perm("books.change_book"),
        "reviewers": sharing.reviewers(book),
        "given": list(sharing.given(Assignment.objects.filter(book=book))),
        "comments": [(each, sharing.path_of(each)) for each in comments],
    }
    return render(request, "bookpipeline/people.html", context)


@action("books.change_book")
def give(request: StaffRequest, book_id: int) -> HttpResponseBase:
    book = get_object_or_404(Book, pk=book_id)
    made = sharing.give(book, number_of(request.POST.get("person")), request.POST.get("pages", ""), user=request.user)
    messages.success(request, _("Given to {person}.").format(person=made.person))
    return redirect("admin:books_book_people", book_id)


@action("books.change_book")
def take(request: StaffRequest, book_id: int, assignment_id: int) -> HttpResponseBase:
    get_object_or_404(Assignment, pk=assignment_id, book=book_id).delete()
    messages.success(request, _("Taken back."))
    return redirect("admin:books_book_people", book_id)


@action("books.view_book")
def comment(request: StaffRequest, book_id: int) -> HttpResponseBase:
    """On the page or the guideline whose id the form names."""
    book = get_object_or_404(Book, pk=book_id)
    page, subtopic = request.POST.get("page", ""), request.POST.get("subtopic", "")
    made = sharing.comment(
        book,
        request.POST.get("text", ""),
        page=get_object_or_404(pages_of(book, [page])) if page else None,
        subtopic=get_object_or_404(Subtopic, pk=number_of(subtopic) or 0, topic__book=book) if subtopic else None,
        user=request.user,
    )
    names = ", ".join(each.get_username() for each in made.mentioned.all())
    messages.success(request, _("Said, and {names} will see it.").format(names=names) if names else _("Said."))
    return back(request, sharing.path_of(made))


@action("books.view_book")
def done(request: StaffRequest, book_id: int, comment_id: int) -> HttpResponseBase:
    sharing.settle(get_object_or_404(Comment, pk=comment_id, book=book_id), user=request.user)
    return back(request, reverse("admin:books_book_people", args=[book_id]))
