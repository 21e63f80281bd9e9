"""What the stand-in answers: plausible, valid by the schema it was asked for, made from the prompt's own material."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

Material = dict[str, Any]

# A running head has a bullet behind its number.
SECTION = re.compile(r"^(\d+\.\d+)\s+([^\s•].*)$")
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


LEADS = {
    "objective": "Explain, in {title}, what is meant by",
    "concepts": "An idea of {title} is",
    "depth": "Tasks of {title} go as far as",
    "prerequisites": "What {title} takes for granted is",
}
QUOTED_WORDS, REPEATED_WORDS = 8, 4


def guideline(material: Material) -> dict[str, Any]:
    """Each statement repeats four words of a printed line and quotes the line: nothing can be found against it."""
    lines = iter([quote for page in material["pages"] for quote in _quotes(page)])
    parts: dict[str, Any] = {part: list(_statements(lead, material, lines)) for part, lead in LEADS.items()}
    errors = list(_statements("Learners may overlook, in {title},", material, lines))
    questions = list(_statements("Say in your own words, for {title},", material, lines))
    asked = [{"evidence": each["evidence"], "question": each["text"], "answer": "See there."} for each in questions]
    return parts | {
        "misconceptions": [
            {"evidence": each["evidence"], "error": each["text"], "correction": "It is on the page."} for each in errors
        ],
        "checks": asked,
        "boundary": [{"rests_on": "absent", "evidence": [], "text": "Nothing of what other books add is treated."}],
        "summary": f"What {material['subtopic']} means, how it is written and how it is used in short tasks.",
    }


def _quotes(page: Material) -> list[dict[str, Any]]:
    """The beginnings of the page's longer lines without figures and names, else of the page."""
    plain = [line.split() for line in page["text"].splitlines() if re.fullmatch(r"[A-Z]?[a-z ,;’'-]{30,}[.:]?", line)]
    lines = plain or [page["text"].split()]
    return [{"page": page["page"], "quote": " ".join(words[:QUOTED_WORDS])} for words in lines]


def _statements(lead: str, material: Material, quotes: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    quote = next(quotes, None)
    if quote is not None:
        words = quote["quote"].rstrip(".,:;").split()[:REPEATED_WORDS]
        text = f"{lead.format(title=material['subtopic'])} {' '.join(words).lower()}."
        yield {"evidence": [quote], "text": text}


def verdicts(material: Material) -> dict[str, Any]:
    """Yes to all; what was planted the stand-in itself tells apart."""
    return {
        "verdicts": [
            {"number": each["number"], "page": None, "quote": "", "verdict": "yes", "correction": ""}
            for each in material["statements"]
        ]
    }


def reword(material: Material) -> dict[str, Any]:
    """Every word that carries nothing left out, so that no run of the book's stays whole."""
    return {"sentences": [" ".join(re.findall(r"\b\w{5,}\b", text)) for text in material["sentences"]]}


def names(material: Material) -> dict[str, Any]:
    parts = material["subtopics"]
    first = ", ".join(each["title"] for each in parts[:3]) or material["topic"]
    return {
        "title": material["topic"][:200],
        "subtopics": [{"number": each["number"], "title": each["title"][:200]} for each in parts],
        "summary": f"This topic goes through {first}, from the words and signs to tasks that use them in steps.",
    }


def same(material: Material) -> dict[str, Any]:
    told = {"reason": "They teach different things.", "same": False, "confidence": 0.8}
    return {"pairs": [{"number": each["number"]} | told for each in material["pairs"]]}


def order(material: Material) -> dict[str, Any]:
    parts = material["parts"]
    return {
        "order": [part["number"] for part in parts],
        "reason": "",
        "storyline": ""
        if "book" in material
        else f"From {parts[0]['title']} on, each part uses the words and signs of the one before it.",
    }


BY_SCHEMA: dict[str, Callable[[Material], dict[str, Any]]] = {
    "DigestForm": digest,
    "OutlineForm": outline,
    "GuidelineForm": guideline,
    "VerifyForm": verdicts,
    "RewordForm": reword,
    "NamesForm": names,
    "SameForm": same,
    "OrderForm": order,
}


def page_form(text: str) -> dict[str, Any]:
    return {"lines": [{"text": line, "confidence": 96} for line in text.splitlines() if line.strip()]}


def material_of(messages: list[dict[str, Any]]) -> Material:
    """The JSON in the text parts of the first message of the user, of which the first are the book's facts."""
    content = next(message["content"] for message in messages if message["role"] == "user")
    texts = [json.loads(part["text"]) for part in content if part["type"] == "text"]
    return {name: value for each in texts[1:] for name, value in each.items()}
