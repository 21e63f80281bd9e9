"""Headings as books print them, as bare text unless said otherwise: a page each, from them to the cut."""

from __future__ import annotations

from books.structure.base import BookFacts, PageText
from books.structure.cut import cut
from tests.extraction.printing import digests, printed_line, section_starts

BODY = "Water runs down to the sea and carries fine sand along with it.\nIt is slow where the land is level.\n" * 6
FACTS = BookFacts("A Book")


def cut_of(*pages: str) -> list[tuple[str, str, list[tuple[int, str]]]]:
    """Each topic's number and title, with the first page and title of its subtopics."""
    texts = [PageText(number, page.replace("BODY", BODY).strip()) for number, page in enumerate(pages, 1)]
    outline = cut(FACTS, digests(texts, FACTS))
    return [
        (topic.number, topic.title, [(each.first_page, each.title) for each in topic.subtopics])
        for topic in outline.topics
    ]


def test_sections_are_listed_before_they_begin_and_assessed_after():
    found = cut_of(
        "CHAPTER 3\nThe Old World\nSECTION 1 Farmers and Herders\nSECTION 2 Kings and Laws\nBODY",
        "SECTION 1\nFarmers and Herders\nBODY\nSECTION 1 ASSESSMENT\n1. Name a herd.",
        "SECTION 2\nKings and Laws\nBODY\nChapter 3 Assessment\n1. Name a king.",
    )
    assert found == [("3", "The Old World", [(1, "Farmers and Herders"), (3, "Kings and Laws")])]


def test_chapters_are_counted_in_words_and_before_their_word():
    assert [
        topic[:2]
        for topic in cut_of("Chapter Fifteen\nLiving under rules\nBODY", "BODY", "Chapter Twenty-One\nRome\nBODY")
    ] == [
        ("Fifteen", "Living under rules"),
        ("Twenty-One", "Rome"),
    ]
    assert [topic[:2] for topic in cut_of("3. Kapitel\nKlang und Ton\nBODY", "BODY", "4. Kapitel: Noten\nBODY")] == [
        ("3", "Klang und Ton"),
        ("4", "Noten"),
    ]


def test_numbers_stand_above_their_titles():
    found = cut_of(
        "CHAPTER\n4\nRivers\nBODY",
        "4.1\nSprings and Wells\nBODY",
        "Section 4.2\nThe Upper Course\nBODY",
        "4.3\nLakes\nBODY",
    )
    assert found == [("4", "Rivers", [(1, "Springs and Wells"), (3, "The Upper Course"), (4, "Lakes")])]


def test_questions_are_headings():
    found = cut_of(
        "Voting\nWhy Do We Vote?\nBODY",
        "BODY",
        "Who Counts the Votes?\nBODY",
        "BODY",
        "Money\nWhat Is a Tax?\nBODY",
        "BODY",
    )
    assert [row for _, _, rows in found for row in rows if "?" in row[1]] == [
        (1, "Why Do We Vote?"), (3, "Who Counts the Votes?"), (5, "What Is a Tax?"),
    ]  # fmt: skip


def test_heads_repeat_a_chapters_title_and_its_sections():
    found = cut_of(
        "The Sea and the Land\nTides at the shore\nBODY",
        "2 The Sea and the Land\nBODY",
        "BODY\nSalt in the Water\nBODY",
        "4 The Sea and the Land\nBODY",
        "Salt in the Water 5\nBODY",
        "6 The Sea and the Land\nBODY",
        "The Wide Sky\nWind and Weather\nBODY",
        "8 The Wide Sky\nBODY",
        "Wind and Weather 9\nBODY\nRain and Snow\nBODY",
        "10 The Wide Sky\nBODY",
        "Rain and Snow 11\nBODY",
        "12 The Wide Sky\nBODY",
    )
    assert found == [
        ("", "The Sea and the Land", [(1, "Tides at the shore"), (3, "Salt in the Water")]),
        ("", "The Wide Sky", [(7, "Wind and Weather"), (9, "Rain and Snow")]),
    ]


def test_what_every_head_says_names_no_chapter():
    chapters = [
        (f"{number} SCIENCE\n{number}.{at} {title}\nBODY", f"BODY\n{number}1", f"{number} SCIENCE\nBODY", "BODY")
        for number, at, title in ((40, 1, "Springs"), (50, 1, "Winds"))
    ]
    found = cut_of(*(page.replace("40.1", "3.1").replace("50.1", "4.1") for each in chapters for page in each))
    assert [title for _, title, _ in found] == ["Chapter 3", "Chapter 4"]


def test_a_chapters_number_is_no_page_number():
    found = cut_of(
        "14 Cells\nBODY",
        "15 Cells\nBODY",
        "4 In the Kitchen\nBODY",
        "17 In the Kitchen\nBODY",
        "5 In the Garden\nBODY",
        "19 In the Garden\nBODY",
    )
    assert [topic[:2] for topic in found][-2:] == [("4", "In the Kitchen"), ("5", "In the Garden")]


def test_exercises_over_a_pages_end_are_no_head():
    found = cut_of("Unit 4\nBODY\n5. Explain why cork floats.", "6. Explain why cork floats.\nBODY", "Unit 5\nBODY")
    assert [topic[:2] for topic in found] == [("4", "Unit 4"), ("5", "Unit 5")]


def test_letters_of_other_scripts_are_letters():
    body = "नदियाँ पहाड़ों से निकलती हैं और समुद्र तक जाती हैं।\nजल नीचे की ओर बहता है।\n" * 4 + "वर्षा होती है।"
    found = cut_of(f"अध्याय 3\nपर्यावरण\n3.1 नदियाँ\n{body}", f"3.2 पर्वत और मैदान\n{body}", f"अध्याय 4\nपौधे\n4.1 गैसें\n{body}")
    assert found == [("3", "पर्यावरण", [(1, "नदियाँ"), (2, "पर्वत और मैदान")]), ("4", "पौधे", [(3, "गैसें")])]


def typed(number: int, *rows: tuple[str, float], body: str = BODY) -> PageText:
    """A page of rows with the sizes of their type, and the body below."""
    rows = (*rows, *((row, 1.0) for row in body.splitlines()))
    lines = tuple(printed_line(text, 0.1 + 0.03 * at, size) for at, (text, size) in enumerate(rows))
    return PageText(number, "\n".join(line.text for line in lines), lines)


def test_a_page_of_titles_alone_opens_a_chapter():
    pages = []
    for number, title in ((1, "Light"), (2, "Sound"), (3, "Heat")):
        pages.append(typed(2 * number - 1, (f"UNIT {number}", 1.4), (title, 2.2), body=""))
        head = f"Unit {number} {2 * number}"
        pages.append(typed(2 * number, (head, 0.85), (f"Lesson {number}.1", 1.3), (f"{title} and Us", 1.7)))
    outline = cut(FACTS, digests(pages, FACTS))
    assert [(topic.title, topic.first_page) for topic in outline.topics] == [("Light", 1), ("Sound", 3), ("Heat", 5)]


def test_sections_of_a_page_each_are_told_by_large_type():
    titles = enumerate(("Bread", "Milk", "Eggs", "Meat", "Fruit", "Salt"), 1)
    opening = {1: [("What We Bake", 1.9)], 4: [("What We Keep", 1.9)]}
    pages = [typed(at, *opening.get(at, []), (f"About {title}", 1.3)) for at, title in titles]
    outline = cut(FACTS, digests(pages, FACTS))
    assert [topic.title for topic in outline.topics] == ["What We Bake", "What We Keep"]
    assert section_starts(outline) == [1, 2, 3, 4, 5, 6]


def test_chapters_in_the_sections_own_capitals_open_a_page():
    shouted = [("MARKETS", "DEMAND"), ("", "MONOPOLY"), ("MONEY", "BANKS"), ("", "INTEREST"), ("THE STATE", "TAXES")]
    found = cut_of(*(f"{chapter}\n{section}\nBODY" for chapter, section in shouted))
    assert [(title, [section for _, section in rows]) for _, title, rows in found] == [
        ("MARKETS", ["DEMAND", "MONOPOLY"]), ("MONEY", ["BANKS", "INTEREST"]), ("THE STATE", ["TAXES"]),
    ]  # fmt: skip


def test_sections_are_counted_anew_in_each_chapter_whatever_the_exercises_say():
    tasks = "Exercices\n4. Expliquez le texte.\n5. Nommez une plante."
    found = cut_of(
        f"Chapitre 1\nLa Révolution\n1. La fin du roi\nBODY{tasks}",
        f"2. La république naît\nBODY{tasks}",
        f"Chapitre 2\nL'Empire\n1. Bonaparte au pouvoir\nBODY{tasks}",
        f"2. Les guerres d'Europe\nBODY{tasks}",
    )
    assert found == [
        ("1", "La Révolution", [(1, "La fin du roi"), (2, "La république naît")]),
        ("2", "L'Empire", [(3, "Bonaparte au pouvoir"), (4, "Les guerres d'Europe")]),
    ]


def test_parts_group_chapters_that_have_sections():
    chapters = [(1, "Rules", "WHY RULES", "COURTS"), (2, "Votes", "ELECTIONS", "PARTIES")]
    pages = ["PART I\nFoundations"]
    for number, title, one, other in chapters:
        pages += [f"CHAPTER {number}\n{title}\n{one}\nBODY", *["BODY"] * 2, f"{other}\nBODY", "BODY", "BODY"]
    pages += ["PART II\nMarkets", "CHAPTER 3\nMoney\nBANKS\nBODY", *["BODY"] * 2, "TAXES\nBODY", "BODY"]
    assert [(title, len(rows)) for _, title, rows in cut_of(*pages)] == [("Rules", 2), ("Votes", 2), ("Money", 2)]


def test_a_head_bears_out_the_only_section():
    found = cut_of("12 Unidad 5. Los incas\n5.1 El Gran Camino\nBODY", "BODY")
    assert found == [("5", "Los incas", [(1, "El Gran Camino")])]
