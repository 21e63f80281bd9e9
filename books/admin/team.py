"""Who works on a book: what was given to whom, and the comments that nobody has dealt with yet."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from books.access import may_choose_people
from books.admin.guards import StaffRequest, action, back, screen, show
from books.models import Assignment, Book, Comment, Subtopic
from books.numbers import number_of
from books.ocr.review import pages_of
from books.team import sharing


@screen("books.view_book", "people/", "books_book_people")
def people(request: StaffRequest, book: Book) -> HttpResponseBase:
    comments = list(sharing.open_comments(book=book))
    context = {
        "title": _("People"),
        "book": book,
        "team": book.team.order_by("username"),
        "may_choose": may_choose_people(request.user, book),
        "reviewers": sharing.reviewers(book),
        "given": list(sharing.given(Assignment.objects.filter(book=book))),
        "comments": [(each, sharing.path_of(each)) for each in comments],
    }
    return show(request, "people", context)


@action("books.change_book", "people/give/", "books_book_give")
def give(request: StaffRequest, book: Book) -> HttpResponseBase:
    made = sharing.give(book, number_of(request.POST.get("person")), request.POST.get("pages", ""), user=request.user)
    messages.success(request, _("Given to {person}.").format(person=made.person))
    return redirect("admin:books_book_people", book.pk)


@action("books.change_book", "people/<int:assignment_id>/take/", "books_book_take")
def take(request: StaffRequest, book: Book, assignment: Assignment) -> HttpResponseBase:
    assignment.delete()
    messages.success(request, _("Taken back."))
    return redirect("admin:books_book_people", book.pk)


@action("books.view_book", "comment/", "books_book_comment")
def comment(request: StaffRequest, book: Book) -> HttpResponseBase:
    """On the page or the guideline whose id the form names."""
    page, subtopic = request.POST.get("page", ""), request.POST.get("subtopic", "")
    made = sharing.comment(
        book,
        request.POST.get("text", ""),
        page=get_object_or_404(pages_of(book, [page])) if page else None,
        subtopic=get_object_or_404(Subtopic, pk=number_of(subtopic) or 0, topic__book=book) if subtopic else None,
        user=request.user,
    )
    names = ", ".join(each.get_username() for each in made.mentioned.all())
    messages.success(
        request, _("Comment added; {names} will see it.").format(names=names) if names else _("Comment added.")
    )
    return back(request, sharing.path_of(made))


@action("books.view_book", "comment/<int:comment_id>/done/", "books_book_comment_done")
def done(request: StaffRequest, book: Book, comment: Comment) -> HttpResponseBase:
    sharing.settle(comment, user=request.user)
    return back(request, reverse("admin:books_book_people", args=[book.pk]))
