"""What the stand-in answers: plausible, valid by the schema it was asked for, made from the prompt's own material."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

Material = dict[str, Any]

SECTION = re.compile(r"^(\d+\.\d+)\s+(\S.*)$")
CHAPTER = re.compile(r"^(?:Chapter|Unit)\s+(\d+)(?:\s*[|:]\s*(\S.*))?$")
PAGES_WITHOUT_HEADING = 5


def digest(material: Material) -> dict[str, Any]:
    lines = [line for line in material["page"].splitlines() if line.strip()]
    found = [match for match in map(SECTION.match, lines) if match]
    head = next((line for line in lines[:1] if CHAPTER.match(line)), "")
    words = Counter(re.findall(r"[a-z]{5,}", material["page"].lower()))
    return {
        "summary": [f"The page treats {word}." for word, _ in words.most_common(5)],
        "headings": [{"text": match[0], "level": 2, "number": match[1]} for match in found],
        "exercises": sum(line.startswith("Try It") for line in lines),
        "continues_previous": not (lines and SECTION.match(lines[0])),
        "running_head": head,
        "printed_number": int(lines[-1]) if lines and lines[-1].isdigit() and len(lines[-1]) < 5 else None,
        "contents": [],
    }


def outline(material: Material) -> dict[str, Any]:
    """A section from each heading of level 2 to the page of the next; some pages each where there is none."""
    digests = material["digests"]
    so_far = material["so_far"]
    sections: list[dict[str, Any]] = []
    for digest_ in digests:
        headings = [each for each in digest_["headings"] if each["level"] == 2]
        goes_on = sections or so_far
        if headings or not goes_on or (sections and _is_full(sections[-1], digest_["page"])):
            sections += _sections(digest_, headings)
        elif not sections:
            last = so_far[-1]
            sections.append(_section(digest_, last["title"], "", last["chapter"]) | {"continues_previous": True})
        if sections:
            sections[-1]["last_page"] = digest_["page"]
    return {"sections": sections, "front_or_back_matter": []}


def _is_full(section: dict[str, Any], page: int) -> bool:
    return not section["number"] and page - section["first_page"] >= PAGES_WITHOUT_HEADING


def _sections(digest_: Material, headings: list[Material]) -> list[dict[str, Any]]:
    if not headings:
        return [_section(digest_, f"From page {digest_['page']}", "", "The book")]
    return [
        _section(digest_, each["text"], each["number"], f"Chapter {each['number'].split('.')[0]}") for each in headings
    ]


def _section(digest_: Material, title: str, number: str, chapter: str) -> dict[str, Any]:
    return {
        "chapter": chapter,
        "chapter_number": number.split(".", maxsplit=1)[0],
        "title": title.removeprefix(number).strip() or title,
        "number": number,
        "first_page": digest_["page"],
        "last_page": digest_["page"],
        "starts_at": title if number else "",
        "continues_previous": False,
    }


def guideline(material: Material) -> dict[str, Any]:
    pages = [page["page"] for page in material["pages"]]
    title = material["subtopic"]

    def statements(words: str) -> list[dict[str, Any]]:
        return [{"text": f"{words} {title}.", "pages": pages}] if pages else []

    return {
        "objective": statements("A learner is able to explain"),
        "concepts": statements("The central ideas belong to"),
        "depth": statements("Tasks have one or two steps in"),
        "prerequisites": statements("Counting comes before"),
        "misconceptions": statements("Learners mix up the words of"),
        "checks": statements("Ask for an example of"),
        "boundary": [],
        "summary": f"What {title} means, how it is written and how it is used in short tasks of one or two steps.",
    }


def reword(material: Material) -> dict[str, Any]:
    """Every word that carries nothing left out, so that no run of the book's stays whole."""
    return {"sentences": [" ".join(re.findall(r"\b\w{5,}\b", text)) for text in material["sentences"]]}


def summary(material: Material) -> dict[str, Any]:
    first = ", ".join(each["title"] for each in material["subtopics"][:3]) or material["topic"]
    return {"summary": f"This topic goes through {first}, from the words and signs to tasks that use them in steps."}


def name(material: Material) -> dict[str, Any]:
    named = material.get("subtopic") or material["topic"]
    return {"title": named["title"][:200]}


def same(_material: Material) -> dict[str, Any]:
    return {"same": False, "reason": "They teach different things.", "confidence": 0.8}


def order(material: Material) -> dict[str, Any]:
    parts = material["parts"]
    return {
        "order": [part["number"] for part in parts],
        "storyline": f"From {parts[0]['title']} on, each part uses the words and signs of the one before it.",
    }


BY_SCHEMA: dict[str, Callable[[Material], dict[str, Any]]] = {
    "DigestForm": digest,
    "OutlineForm": outline,
    "GuidelineForm": guideline,
    "RewordForm": reword,
    "SummaryForm": summary,
    "NameForm": name,
    "SameForm": same,
    "OrderForm": order,
}


def page_form(text: str) -> dict[str, Any]:
    return {"lines": [{"text": line, "confidence": 96} for line in text.splitlines() if line.strip()]}


def material_of(messages: list[dict[str, Any]]) -> Material:
    """The JSON in the last text part of the first message of the user."""
    content = next(message["content"] for message in messages if message["role"] == "user")
    texts = [part["text"] for part in content if part["type"] == "text"]
    return dict(json.loads(texts[-1]))
