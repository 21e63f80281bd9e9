from __future__ import annotations

import re

import pytest

from books.extraction.base import Guideline, NamedSubtopic, NamedTopic, Statement, SubtopicSource
from books.language import sentences
from books.structure.base import BookFacts, PageText
from tests.extraction.printing import ENGINE, STYLES, outlined, printed_book


def statements(guideline: Guideline) -> list[Statement]:
    return [statement for found in guideline.parts.values() for statement in found]


def sources(pages, facts) -> list[SubtopicSource]:
    outline = outlined(pages, facts)
    flat = [(topic, subtopic) for topic in outline.topics for subtopic in topic.subtopics]
    titles = tuple(subtopic.title for _, subtopic in flat)
    return [
        SubtopicSource(
            facts,
            topic.title,
            subtopic.title,
            tuple(page for page in pages if subtopic.first_page <= page.number <= subtopic.last_page),
            titles[:at],
            titles[at + 1 :],
        )
        for at, (topic, subtopic) in enumerate(flat)
    ]


@pytest.fixture(params=[*STYLES, "sample"])
def written(request, sample_pages, sample_facts) -> list[tuple[SubtopicSource, Guideline]]:
    if request.param == "sample":
        pages, facts = sample_pages, sample_facts
    else:
        book = printed_book(request.param)
        pages, facts = book.pages, book.facts
    return [(source, ENGINE.write(source)) for source in sources(pages, facts)]


def test_every_statement_has_pages_of_its_source(written):
    for source, guideline in written:
        allowed = {page.number for page in source.pages}
        assert statements(guideline)
        for statement in statements(guideline):
            assert statement.pages
            assert set(statement.pages) <= allowed


def squeezed(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.casefold())


def test_every_statement_is_quoted_word_for_word_from_its_page(written):
    for source, guideline in written:
        texts = {page.number: page.text for page in source.pages}
        for statement in statements(guideline):
            (page,) = statement.pages
            body = texts.get(page + 1, "").splitlines()
            printed = [squeezed(texts[page] + "\n".join(body[at:])) for at in (0, 1)]
            printed += [squeezed("\n".join(texts[page].splitlines()[:-1] + body[at:])) for at in (0, 1)]
            assert statement.kind == "quote"
            assert any(squeezed(statement.text) in each for each in printed), statement.text
            assert len(sentences(statement.text)) <= 2


def test_what_is_not_printed_stays_empty(written):
    for _, guideline in written:
        assert guideline.objective
        assert guideline.concepts
        assert guideline.depth == guideline.misconceptions == guideline.boundary == ()


def test_a_teacher_reads_what_the_sample_teaches(truth, sample_facts):
    pages = {page["page"]: page["text"] for page in truth["pages"]}
    cut_off = [pages[4].partition("1.2 Add")[2], pages[5], pages[6], pages[7].partition("1.3 Subtract")[0]]
    texts = tuple(PageText(number, text) for number, text in enumerate(["1.2 Add" + cut_off[0], *cut_off[1:]], 4))
    adding = ENGINE.write(SubtopicSource(sample_facts, "Whole Numbers", "Add Whole Numbers", texts))
    assert [each.text for each in adding.objective] == [
        "Use addition notation",
        "Model addition of whole numbers",
        "Add whole numbers without models",
        "Translate word phrases to math notation",
        "Add whole numbers in applications",
    ]
    concepts = [each.text for each in adding.concepts]
    assert "Use Addition Notation" not in concepts
    assert concepts[0] == "The operation of addition combines numbers to get a sum."
    assert "The numbers 3 and 4 are called the addends." in concepts
    assert "sum: The sum is the result of adding two or more numbers." in concepts
    assert "Example Model the addition 2 + 6." in [each.text for each in adding.checks]
    assert adding.summary.endswith("Quoted here word for word: 5 objectives, 1 key term and 4 of 7 tasks.")


def test_heads_credits_and_numbers_stay_out_and_captions_are_kept():
    rows = "Copper conducts electricity well. Copper wires carry electricity into every house.\n"
    text = f"7 | Unit 4 Zebras\n{rows}Figure 2.1 Giraffes drink at sunset\n(credit: Rhinoceros Press)\n{rows * 4}481"
    guideline = ENGINE.write(SubtopicSource(BookFacts("B"), "Metals", "Copper", (PageText(7, text),)))
    said = [statement.text for statement in statements(guideline)]
    assert "Copper conducts electricity well." in said
    assert "Figure 2.1 Giraffes drink at sunset" in said
    assert not re.search(r"zebra|rhinoceros|481", " ".join([guideline.summary, *said]).lower())


def test_goals_definitions_tasks_and_recalls_are_quoted():
    text = """By the end of this section, you will be able to:
• Describe a chemical bond
• Compare ionic and
covalent bonds
In the last section we studied electrons and their shells.
Name a noble gas. If you missed this problem, review.
Suppose there are seven bonds in a bowl.
Bonds hold atoms together. Some atoms share electrons. These are called covalent bonds.
1. Draw the shells of two chlorine atoms that share electrons.
Key Terms
ion: A charged atom.
"""
    source = SubtopicSource(BookFacts("B"), "Matter", "Bonds", (PageText(3, text),))
    guideline = ENGINE.write(source)
    assert [s.text for s in guideline.objective] == ["Describe a chemical bond", "Compare ionic and covalent bonds"]
    said = [s.text for s in guideline.concepts]
    assert said[:2] == ["Bonds hold atoms together.", "Some atoms share electrons. These are called covalent bonds."]
    assert "ion: A charged atom." in said
    assert [s.text for s in guideline.prerequisites] == [
        "In the last section we studied electrons and their shells.",
        "Name a noble gas.",
    ]
    assert guideline.summary.endswith("word for word: 2 objectives, 1 key term and 1 task.")
    assert [s.text for s in guideline.checks] == ["1. Draw the shells of two chlorine atoms that share electrons."]


@pytest.mark.parametrize("pages", [(), (PageText(1, ""),), (PageText(1, "水" * 400),), (PageText(1, "<b>x</b> {}"),)])
def test_little_or_foreign_text(pages):
    guideline = ENGINE.write(SubtopicSource(BookFacts("B"), "T", "S", pages))
    assert guideline.summary
    assert all(statement.pages == (1,) for statement in statements(guideline))


def named(title: str, *, key: str = "a", topic: str = "Heat", terms=None, pages=(3, 4), summary="") -> NamedSubtopic:
    return NamedSubtopic(key, topic, title, summary, pages, terms or {})


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("THE LAWS OF MOTION", "The Laws of Motion"),
        ("3.2 The Laws of Motion", "The Laws of Motion"),
        ("Lesson 4: Heat and Work", "Heat and Work"),
        ("Heat and Work ........ 48", "Heat and Work"),
        ("  Heat   and Work |", "Heat and Work"),
        ("Introduction", "Introduction: Heat"),
        ("REVIEW", "Review: Heat"),
        ("DNA, the MadeWith", "DNA, the MadeWith"),
        ("World War II", "World War II"),
        ("Heat and Work", "Heat and Work"),
        ("¿Qué es la energía?", "¿Qué es la energía?"),
    ],
)
def test_refined_names(given, wanted):
    assert titles_of([named(given)]) == [wanted]


def titles_of(*topics):
    """As refined, of the subtopics of each topic."""
    given = [NamedTopic(str(at), rows[0].topic, "", tuple(rows)) for at, rows in enumerate(topics)]
    named_ = [
        ENGINE.refine_names(BookFacts("B"), topic, [each for each in given if each is not topic]) for topic in given
    ]
    return [title for each in named_ for title in each.subtopics.values()]


def test_refined_names_differ_from_the_others():
    one, other = named("Energy", topic="Heat"), named("ENERGY", key="b", topic="Light", pages=(9,))
    assert len(set(titles_of([one], [other]))) == 2
    twin = named("Energy", key="b", pages=(9,))
    assert len(set(titles_of([one, twin]))) == 2


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Heat and Temperature", "Temperature and Heat", True),
        ("2.1 Heat", "HEAT", True),
        ("Add Whole Numbers", "Subtract Whole Numbers", False),
        ("World War I", "World War II", False),
        ("Cells, Part 1", "Cells, Part 2", False),
        ("Review", "Review", False),
        ("Introduction", "Introduction", False),
    ],
)
def test_same_subtopics(one, other, same):
    terms = {"heat": 9, "temperatur": 7, "degree": 3}
    pair = named(one, terms=terms), named(other, key="b", terms={**terms, "therm": 1})
    assert ENGINE.are_same(BookFacts("B"), [pair])[0].is_same is same


def test_same_title_with_other_words_is_not_the_same():
    pair = named("Power", terms={"watt": 5, "joul": 4}), named("Power", key="b", terms={"king": 6, "senat": 3})
    assert not ENGINE.are_same(BookFacts("B"), [pair])[0].is_same


def test_a_topic_is_summed_up_by_the_titles_in_it():
    subtopics = tuple(named(f"{at}.1 Heat {at}", key=str(at)) for at in range(1, 10))
    assert ENGINE.refine_names(BookFacts("B"), NamedTopic("1", "Heat", "", subtopics), ()).summary == (
        "“Heat” has these parts in the book: “Heat 1”, “Heat 2”, “Heat 3”, “Heat 4”, 4 more and “Heat 9”."
    )


def test_what_says_nothing_is_left_out_and_a_definition_stands_once(sample_pages, sample_facts):
    told = [each.text for source in sources(sample_pages, sample_facts) for each in ENGINE.write(source).concepts]
    assert "Addition and subtraction are inverse operations." in told
    assert not [text for text in told if re.search(r"we can use|There are (?:many|several)|^Even though", text)]
    assert not {text.partition(": ")[2] for text in told} & {*told}


def quoted(text: str, part: str) -> list[str]:
    source = SubtopicSource(BookFacts("B"), "Matter", "Leaves and Light", (PageText(1, text),))
    return [statement.text for statement in ENGINE.write(source).parts[part]]


def test_each_numbered_task_stands_alone_with_its_number():
    text = """Leaves are green. They hold a pigment.
CHECK YOUR UNDERSTANDING
1. What is the job of the cuticle?
3 Explain why a leaf turns yellow.
4. A student counts bubbles. Suggest what must be kept the same.
5. x + 4 = 9 6. 2x = 14
Example 4 Solve 3x − 5 = 7.
A leaf in the dark makes no sugar at all.
Solution We add five to both sides.
"""
    assert quoted(text, "checks") == [
        "1. What is the job of the cuticle?",
        "3 Explain why a leaf turns yellow.",
        "4. A student counts bubbles. Suggest what must be kept the same.",
        "Example 4 Solve 3x − 5 = 7.",
    ]
    assert quoted(text, "objective") == ["A leaf in the dark makes no sugar at all."]


def test_numbered_objectives_and_terms_behind_a_dash():
    text = (
        "You should be able to:\n1. describe a leaf\n2. explain why\nleaves are green\nKey Terms\nstoma – a small hole"
    )
    assert quoted(text, "objective") == ["describe a leaf", "explain why leaves are green"]
    assert quoted(text, "concepts") == ["stoma – a small hole"]


def test_a_quote_is_a_whole_sentence_and_does_not_point_back_alone():
    text = """Mr. Sadler led the inquiry on light in the mills of leaves.
He heard eighty-seven witnesses of the light. He wrote a report on leaves and light.
The caliphs of light were called Rashidun, "rightly guided." Leaves fell soon.
Am 24. August 79 n. Chr. brach der Vesuv aus und das Licht der Blätter verschwand.
"""
    told = quoted(text, "concepts")
    assert 'The caliphs of light were called Rashidun, "rightly guided."' in told
    assert (
        "Mr. Sadler led the inquiry on light in the mills of leaves. He heard eighty-seven witnesses of the light."
        in told
    )
    assert not [each for each in told if each.startswith(("He ", "Sadler", "August", "Chr"))]


def test_sentences_with_digits_in_their_words_give_way_to_others():
    text = "Leaves hang 0ver l750 rivers in the 1ight. Cho1era carne from leaves in light. Leaves take in light by day."
    assert quoted(text, "objective") == ["Leaves take in light by day."]


def test_a_script_without_capitals_is_quoted():
    tasks = "प्रश्न\n1. प्रकाश संश्लेषण क्या है?\n2. जल का क्या कार्य है?"
    text = f"हरे पौधे प्रकाश में अपना भोजन बनाते हैं। इस प्रक्रिया को प्रकाश संश्लेषण कहते हैं।\n{tasks}"
    assert quoted(text, "objective") == ["हरे पौधे प्रकाश में अपना भोजन बनाते हैं।"]
    assert quoted(text, "checks") == ["1. प्रकाश संश्लेषण क्या है?", "2. जल का क्या कार्य है?"]


def test_labels_are_no_headings_and_a_main_idea_is_told():
    text = "MAIN IDEA\nFactories changed the leaves.\nTERMS & NAMES\n• Luddite\nLight and Water\nLeaves drink light."
    source = SubtopicSource(BookFacts("B"), "Matter", "Leaves and Light", (PageText(1, text),))
    guideline = ENGINE.write(source)
    assert guideline.objective[0].text == "Factories changed the leaves."
    assert guideline.summary.startswith("Light and Water. Quoted")
