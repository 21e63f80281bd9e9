"""What a statement's names, terms and topics have against them, held against the pages. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import pairwise, repeat

from books.guidelines.evidence.material import Seen, not_as_quoted, not_on
from books.guidelines.evidence.names import (
    Name,
    PrintedNames,
    is_commonly_known,
    may_be_name,
    names,
    peoples,
    plain,
    unknown_names,
)
from books.guidelines.evidence.passages import keys_in_order
from books.guidelines.evidence.quotes import joined_words
from books.guidelines.evidence.tasks import people_of_a_task
from books.guidelines.evidence.units import MONTHS
from books.language import content_stems, grammar_of, is_content, sentences, stem, words
from books.sentences import gettext_noop, told
from books.stopwords import word_set
from books.stored.guideline import Finding, FindingKind, Part

# Parts whose sentences begin with a verb: Explain, Know, Name.
IMPERATIVE = (Part.OBJECTIVE, Part.PREREQUISITES, Part.CHECKS)
# What they put in quotation marks the pages say.
_TELLING = (Part.OBJECTIVE, Part.CONCEPTS, Part.DEPTH)
_QUOTED = re.compile(r"[“\"]([^“”\"]+? [^“”\"]+?)[.,;:!?]?[”\"]")
_VERBS = (
    "was|is|had|has|were|wrote|built|led|brought|made|became|took|gave|found|won|lost|held|said|saw|came|began|fought"
    "|taught|sent|set|told|knew|drew|sold|bought|died|left|kept|ruled|[a-z]{3,}ed"
)
_CALLED = re.compile(
    r"(?:(?:is|are|was|were|be|been|also|often|sometimes|usually|and)\s+(?:called|named|termed)|known as|referred to as"
    r"|\bname (?:for|of)\b[^.;,]{0,40}?\bis)\s+(?:an?\s|the\s|its\s|their\s)?((?:[\w'’-]+\s?){1,3})"
)
# What a sentence about a later subtopic says of it as such, not of its matter.
_OF_LATER = frozenset(
    map(
        stem,
        word_set(
            "later section sections lesson lessons subtopic subtopics further come comes next left matter treated"
            " follow follows chapter chapters topic topics place afterwards told tells taught"
            " belong belongs own leave wait dealt covered discussed subject taken"
        ),
    )
)
_MONTHS_LATER = re.compile(r"\b(?:months?|weeks?|days) (?:later|earlier|before|after)\b", re.IGNORECASE)
_COMPARES = r"\b(?:[Uu]nlike|[Ll]ike|[Cc]ompared (?:to|with)|[Cc]ontrary to|[Aa]s with|[Ii]n contrast to)\s(?:the\s)?"
# A sentence tells what another tells where it shares this much of its matter.
_MOST = 0.6
# It is its writer's own where it shares no more than this.
_LONG_SENTENCE, _LITTLE = 10, 0.34
# Words of matter, enough to tell a sentence by, and how many of them are nearly all.
_MANY, _NEARLY = 8, 0.85
# Of so many words of matter two stand together somewhere.
_SOME, _LONG_WORD = 4, 5


def name_findings(seen: Seen) -> Iterator[Finding]:
    """Names and terms that are not on the cited pages. What is taken for granted may stand anywhere in the book, and
    people in a task with numbers are its writer's. A translation has other words."""
    claim, whole = seen.claim, seen.material.whole
    if seen.is_foreign or (seen.material.calculates and seen.part == Part.CHECKS):
        return
    own_people = people_of_a_task(seen)
    cited = whole if seen.part == Part.PREREQUISITES else seen.names
    for name in unknown_names(_claimed(seen), cited, whole, nouns_are_capital=seen.language == "de"):
        if name.word.lower() in own_people or _is_beside(name, seen) or _is_own_matter(name, seen):
            continue
        if not name.is_first or _is_name(name.word, seen):
            yield Finding(FindingKind.NAME, not_on(name.word, seen.where))
    for one, other in seen.places.other_names() if seen.part in (Part.CONCEPTS, Part.OBJECTIVE) else ():
        if seen.part == Part.CONCEPTS or re.search(rf"\b(?:how|why|that)\s{re.escape(one)}\s[a-z]", claim.text):
            yield Finding(FindingKind.NAME, not_as_quoted(one, other))
    for phrase in _QUOTED.findall(claim.text) if seen.part in _TELLING else ():
        printed = seen.material.book.printed
        if re.search(r"[A-ZÀ-Þ]", phrase) and not printed.find(phrase, seen.numbers):
            yield Finding(FindingKind.NAME, not_on(phrase, seen.where))
    for term in _named_as(claim.text):
        if not seen.names.has(term) and not seen.names.has_small(term):
            yield Finding(FindingKind.NAME, told("The term “{words}” is not on {where}.", words=term, where=seen.where))


def _claimed(seen: Seen) -> str:
    """Of an error with its correction the correction: an error may name what it likes."""
    said = sentences(seen.claim.text)
    return said[-1] if seen.part == Part.MISCONCEPTIONS else seen.claim.text


def _is_own_matter(name: Name, seen: Seen) -> bool:
    """Whether a longer sentence tells of a name of the pages in its writer's own words, which may name what is known
    besides (a Spaniard, the Jesuits); another name in a name's place leaves the words around it as they are."""
    said = names(seen.claim.text)
    mine = PrintedNames(" ".join(each.word for each in said)).words
    matter = {stem for stem in content_stems(seen.claim.text) if not any(each.startswith(plain(stem)) for each in mine)}
    shared = matter.intersection(content_stems(seen.told))
    is_known = seen.material.whole.has(name.word) and name.word.lower() not in MONTHS
    if is_known and 2 * len(shared) <= len(matter):
        return True
    may_be_said = is_known or is_commonly_known(name.word)
    if seen.part == Part.OBJECTIVE:
        return may_be_said
    is_about = seen.part == Part.DEPTH or any(seen.names.has_capital(each.word) for each in said)
    return (
        is_about
        and may_be_said
        and len(words(seen.claim.text)) >= _LONG_SENTENCE
        and len(shared) <= _LITTLE * len(matter)
    )


def _is_beside(name: Name, seen: Seen) -> bool:
    """Whether the name is more than the page tells and takes no other's place: where another form stands beside it, of
    what something is compared with, of a people where the quote's sentence names none that is left out, or of something
    known before, in a sentence that does not tell what the quote tells."""
    said = PrintedNames(seen.claim.text)
    other = re.search(rf"\b{name.word}(?: \(|,? (?:or|also called|also known as) )([A-ZÀ-Þ]\w\w+)", seen.claim.text)
    if other and seen.names.has(other[1]):
        return True
    if name.word.lower() in MONTHS and _MONTHS_LATER.search(seen.around):
        return True
    if seen.material.whole.has(name.word) and re.search(
        rf"{_COMPARES}(?:[A-ZÀ-Þ]\w+ ){{0,2}}{name.word}\b", seen.claim.text
    ):
        return True
    if name.is_of_people:
        return all(map(said.has, peoples(seen.told)))
    known_before = seen.part in (Part.PREREQUISITES, Part.MISCONCEPTIONS)
    return known_before and seen.share_in(f"{seen.told} {name.word}") < _MOST


def _is_name(first: str, seen: Seen) -> bool:
    """Whether a sentence's first word, which no page has in any form, is a name: a verb follows it, or the rest is what
    the quote's sentence tells of another name."""
    text, whole = seen.claim.text, seen.material.whole
    if seen.part in (*IMPERATIVE, Part.DEPTH) or not may_be_name(first) or whole.is_like_small(first):
        return False
    if (
        first.endswith("s")
        and re.match(rf"\W*{re.escape(first)} (?:are|were|have)\b", text)
        and not any(peoples(first))
    ):
        return False
    if re.match(rf"\W*{re.escape(first)}(?:['’]s)?(?: \([^)]*\))?,?\s(?:{_VERBS})\b", text):
        return True
    if re.match(rf"\W*{re.escape(first)} (?:of|in|for|from|with|to|that|que|de|con|a|en)\b", text):
        return False
    said = PrintedNames(text)
    replaces = any(not said.has(each.word) for each in names(seen.around) if not whole.has_small(each.word))
    return replaces and seen.share_in(f"{seen.around} {first}") >= _MOST


def _named_as(text: str) -> Iterator[str]:
    """What the sentence says that something is called."""
    for found in _CALLED.findall(text):
        for word in words(found):
            if not is_content(word):
                break
            yield word


def later_findings(seen: Seen) -> Iterator[Finding]:
    """What is said to come later must come: in the titles that follow or on the pages after the subtopic's."""
    if seen.is_foreign:
        return
    material, text = seen.material, seen.claim.text
    titles = set(content_stems("\n".join(material.later_subtopics)))
    said = [each for each in dict.fromkeys(content_stems(text)) if each not in _OF_LATER]
    is_titled = not said or any(_is_among(each, titles) for each in said)
    known_later = sum(_is_among(each, material.following) for each in said)
    is_unknown = not is_titled and 2 * known_later <= len(said) and (known_later < 2 or 2 * known_later < len(said))
    if is_unknown or (_is_apart(said, seen) if not is_titled else _is_of_now(said, titles, seen)):
        yield Finding(FindingKind.NAME, gettext_noop("No later subtopic of this book is about that."))
        return
    is_title = any(set(content_stems(title)) <= set(said) for title in material.later_subtopics)
    if is_title or all(each.is_first for each in names(text)):
        return
    pages = material.pages if is_titled else material.pages_from_last
    known = PrintedNames("\n".join([*material.later_subtopics, *pages.values()]))
    for name in unknown_names(text, known, known, nouns_are_capital=seen.language == "de"):
        if not name.is_first:
            yield Finding(FindingKind.NAME, told("“{words}” is in no later subtopic of this book.", words=name.word))


def _is_apart(said: Sequence[str], seen: Seen) -> bool:
    """Whether of four words or more, none of them a name, no two stand in one sentence of what follows."""
    if len(said) < _SOME or any(not each.is_first for each in names(seen.claim.text)):
        return False
    book = seen.material.book
    told = [
        content_stems(joined_words(each.text))
        for page in seen.material.pages_from_last
        for each in book.sentences(page)
    ]
    return not any(sum(_is_among(each, one, _LONG_WORD) for each in said) > 1 for one in told)


def _is_of_now(said: Sequence[str], titles: Collection[str], seen: Seen) -> bool:
    """Whether the later titles have of the matter only what the subtopic's own pages have too, and no page of the book
    has half of it: systems of two equations, where only quadratic equations follow."""
    own = content_stems(joined_words("\n".join(map(seen.material.pages.get, seen.material.own_pages, repeat("")))))
    if not all(_is_among(each, own) for each in said if _is_among(each, titles)):
        return False
    book = {*content_stems(joined_words("\n".join(seen.material.pages.values()))), *titles}
    return 2 * sum(not _is_among(each, book) for each in said) >= len(said)


def _is_among(said: str, printed: Iterable[str], least: int = 4) -> bool:
    """The same, one of it (wars, war), or beginning with the same five letters, or at ``least`` so many where it has no
    more."""
    start = said[:5]
    return any(
        said in (each, f"{each}s") or (min(len(start), len(each)) >= least and each[: len(start)] == start)
        for each in printed
    )


def is_scattered(seen: Seen) -> bool:
    """Whether the statement has hardly any but the pages' words, and those that follow one another stand together in no
    sentence of them; terms in a list need not, and what takes its words from its quotes' sentences is no scatter."""
    said = keys_in_order(seen.claim.text)
    if seen.claim.text.count(",") > 1 or len(said) < _MANY:
        return False
    quoted = frozenset().union(*(each.keys for each in seen.places.told))
    told = [] if len(quoted.intersection(said)) > len(said) / 3 else [each.keys for each in seen.places.cited]
    if len(frozenset().union(*told).intersection(said)) < _NEARLY * len(said):
        return False
    apart = [pair for pair in pairwise(said) if not any(keys.issuperset(pair) for keys in told)]
    most = max(len(keys.intersection(said)) for keys in told)
    return len(apart) >= _NEARLY * (len(said) - 1) and most <= len(said) / 3


def is_row_of_words(seen: Seen) -> bool:
    """Whether the statement is no sentence: words of the book in a row, without any that joins them."""
    said = words(seen.claim.text)
    fewest = 8 if seen.part in IMPERATIVE else 6
    if len(said) < fewest or not grammar_of(seen.language).isdisjoint(said):
        return False
    return sum(map(seen.material.whole.has, said)) >= 0.8 * len(said)
