"""People at work on a book: what is given to whom, what they say to each other, what they are told by mail or Slack."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from books.models.book import Book
from books.models.guideline import Subtopic
from books.models.page import Page
from books.models.typed_json import SentenceField
from books.sealing import SealedField
from jobs import clock


class Assignment(models.Model):
    """A book, or some of its pages, given to somebody to review. ``pages`` are ids; none means the whole book."""

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="assignments")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    pages = models.JSONField(default=list)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return gettext("{book} to {person}").format(book=self.book, person=self.person)


class Comment(models.Model):
    """Said on a page or a guideline, for whoever comes next; open until somebody has dealt with it.

    What it stood on may be gone, by a merge or for good: it stays with its book.
    """

    book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="comments")
    page = models.ForeignKey(Page, null=True, on_delete=models.SET_NULL, related_name="comments")
    subtopic = models.ForeignKey(Subtopic, null=True, on_delete=models.SET_NULL, related_name="comments")
    text = models.CharField(max_length=2000)
    mentioned = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=clock.now)  # that of decisions
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text[:80]


class Channel(models.TextChoices):
    MAIL = "mail", _("Mail")
    SLACK = "slack", _("Slack")


class Preferences(models.Model):
    """What a person chose: their language, "" for the browser's, and what they are told by.

    Nobody is told who did not ask. ``since`` is when they last chose what they are told by.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE)
    language = models.CharField(max_length=10, blank=True)
    by_mail = models.BooleanField(default=False)
    slack_url = SealedField(max_length=500, blank=True)
    since = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"of {self.person}"

    @property
    def channels(self) -> list[Channel]:
        """What they are told by: mail needs an address."""
        return [
            *([Channel.MAIL] if self.by_mail and self.person.email else []),
            *([Channel.SLACK] if self.slack_url else []),
        ]


class Notice(models.Model):
    """One sentence for one person by one channel, written with what it tells of and sent later by the sweep.

    ``key`` names what it tells of, so that it is told once. ``next_try`` is None once it was sent or given up.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    channel = models.CharField(max_length=5, choices=Channel)
    key = models.CharField(max_length=80)
    sentence: models.TextField[str, str] = SentenceField()
    path = models.CharField(max_length=200)
    made_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["person", "channel", "key"], name="told_once"),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="notice_channel_known"),
        )
        indexes = (models.Index(fields=["next_try"], condition=Q(next_try__isnull=False), name="notice_to_send"),)

    def __str__(self) -> str:
        return self.sentence
