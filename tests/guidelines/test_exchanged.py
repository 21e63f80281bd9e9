"""What a statement says in the place of what its quote says, in every part, and what only looks so."""

from __future__ import annotations

import pytest

from books.guidelines.evidence import BookText, Claim, EvidenceCheck
from books.stored.guideline import Evidence, FindingKind, Part

PAGES = {
    1: (
        "King Eric the Lame sent Jon Aalto. Frisian pilots plundered Riga, and the loot came to 6.4 million guilders.\n"
        "In 490 BCE a first fleet had sailed with 80,000 men\nagainst 7,000. Nobody counted its ships. It burned. Ten\n"
        "years later a second one came. At the strait Admiral Holm died. He stayed where he was, and all with him.\n"
    ),
    2: (
        "The pairs: 1 and 20, sum 21\n2 and 10, sum 12\n4 and 5, sum 9\nThe crews: cooks 11, pilots 6, boys 5,\n"
        "clerks 3. Its sail, 8 m by 4 m, has 8 x 4 = 32 m2, a round one of 30 cm across has\n"
        "3.14 x 15 x 15 = 706.5 cm2.\n"
        "Two right angles make l80o, and one is 90°. Flemish and Christian crews came.\n"
    ),
    3: (
        "The League of Harbours 3\n"
        "The merchant Anna Brandt of Visby led the second fleet. Her rival Karin Holm stayed at home. Holm sold wool\n"
        "in Danzig. In May 1391 a storm came up. Who paid?\n"
        "Visby — Anna Brandt, for her brother\nRiga — Jon Aalto, for nobody but himself and the whole council\n"
    ),
    4: (
        "4 The League of Harbours\n"
        "The shipwright Peter Lund, a man of few words, built a new ship of oak with a strip of brass along its\n"
        "keel. The port of Narva was given a council of 15 members. It was torn open by about 2 cm a year. A crossing\n"
        "took 7 h 56 min. The Enfold rifle came later. On 24 March 1392 the council met in Riga, and in November\n"
        "1393 three of its captains were tried. Sarojini Nadiu led them. Salt water froze at 28 oF, beer at 212 oF.\n"
        'The wind blew from the north. Her book "Mercy and Un-Hanseatic Law" came out in 1395. Lord Ekman was\n'
        "called mild. The pods gave 5,474 round and 1,850 wrinkled peas. Its plate is half a metre long, one of 38\n"
        "plates. The fort lies on the eastern shore, where the Western Bight begins, and January has −1.9 °C,\n"
        "in the hills −5.1 °C. Glue is heated to 72 °C. Fires fell from 19 per cent to 3 per cent. The king was then\n"
        "twenty-one years old. His own subjects called him Kano, the Founder.\n"
    ),
}
BOOK = BookText(PAGES)


def kinds(text, quote, part="concepts", page=4):
    claim = Claim(text, (page,), evidence=(Evidence(page, quote),))
    return [each.kind for each in EvidenceCheck(BOOK, (page,)).check(Part(part), claim).findings]


SHIP = "The shipwright Peter Lund, a man of few words, built a new ship"
COUNCIL = "given a council of 15 members"
CROSSING = "took 7 h 56 min"
MET = "On 24 March 1392 the council met in Riga"


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param("Anna Brandt is the one who laid down the keel.", SHIP, "concepts", id="of another page"),
        pytest.param("What did Anna Brandt build?", SHIP, "checks", id="in a check"),
        pytest.param("Karin Holm built a new ship, as the learners know.", SHIP, "prerequisites", id="known before"),
        pytest.param(
            "Learners have heard of the Martini rifle.", "The Enfold rifle came later", "prerequisites", id="noun"
        ),
        pytest.param("The council held its meeting at Danzig.", MET, "concepts", id="a place"),
        pytest.param("A strip of zinc ran along the keel.", "a strip of brass along its keel", "objective", id="metal"),
        pytest.param("The wind came from the south.", "The wind blew from the north", "concepts", id="quarter"),
        pytest.param(
            "The mild lord was nicknamed “Mercy Ekman”.", "Lord Ekman was called mild", "concepts", id="words"
        ),
    ],
)
def test_a_name_or_thing_in_the_place_of_the_quotes_own(text, quote, part):
    assert kinds(text, quote, part) == [FindingKind.NAME]


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param("The page mentions twelve councillors.", COUNCIL, "depth", id="near the word"),
        pytest.param(
            "Learners may think that the nine members came from Riga.", COUNCIL, "misconceptions", id="the nine"
        ),
        pytest.param("If Narva opens by 2 mm a year, how far after ten?", "about 2 cm a year", "checks", id="unit"),
        pytest.param("The crossing to Riga took 7 h 36 min. How many fit into a week?", CROSSING, "checks", id="check"),
        pytest.param("What happens at 232 °F? It is beer that froze.", "beer at 212 oF", "checks", id="a digit"),
        pytest.param("The council met on 24 May 1392.", MET, "concepts", id="month on another page"),
        pytest.param("Three captains were tried in November 1391.", "in November 1393 three of", "concepts", id="year"),
        pytest.param("Glue needs 72 °F.", "Glue is heated to 72 °C", "concepts", id="scale"),
        pytest.param("The plates number over 45.", "one of 38 plates", "depth", id="plates"),
    ],
)
def test_a_number_in_the_place_of_the_quotes_own(text, quote, part):
    assert FindingKind.NUMBER in kinds(text, quote, part)


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param(
            "Unlike Anna Brandt, who led a fleet, Peter Lund built a ship.", SHIP, "concepts", id="beside its own"
        ),
        pytest.param("Know who Anna Brandt was.", SHIP, "prerequisites", id="of a page before"),
        pytest.param(
            "Learners may think all members were rich; there were 15.", COUNCIL, "misconceptions", id="corrected"
        ),
        pytest.param("At 80 crowns a day and 60 a night, how much is a week?", COUNCIL, "checks", id="a task's own"),
        pytest.param("It is January 1500 and a captain calls: who answers?", MET, "checks", id="a scene"),
        pytest.param("Sarojini Naidu led them.", "Sarojini Naidu led them", "concepts", id="letters changed round"),
        pytest.param("Der Schiffbauer fand mit 24 Jahren eine Sternwarte.", SHIP, "depth", id="German nouns"),
        pytest.param("January is three degrees colder in the hills.", "in the hills −5.1 °C", "concepts", id="rounded"),
        pytest.param(
            "Fires became rarer by sixteen points.", "from 19 per cent to 3 per cent", "concepts", id="points"
        ),
        pytest.param("The king was barely past twenty.", "The king was then twenty-one", "concepts", id="past"),
        pytest.param("His Ottoman subjects knew him as the Founder.", "called him Kano", "concepts", id="a people"),
        pytest.param("About a quarter of the peas were wrinkled.", "1,850 wrinkled peas", "concepts", id="of both"),
        pytest.param(
            "Ekman, whose work on law appeared in 1395, was a writer.", "came out in 1395", "depth", id="title"
        ),
    ],
)
def test_what_only_looks_like_it(text, quote, part):
    assert kinds(text, quote, part) == []


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param("Why did King Olaf send Jon Aalto?", "King Eric the Lame sent", "checks", id="behind a title"),
        pytest.param("Riga was robbed by Scanian pilots.", "Frisian pilots plundered Riga", "concepts", id="a people"),
        pytest.param("The loot came to 6.4 million ducats.", "6.4 million guilders", "depth", id="a currency"),
        pytest.param(
            "Why is the pair 2 and 10, with the sum 14, no help?", "2 and 10, sum 12", "checks", id="one of several"
        ),
        pytest.param(
            "Thirteen of the pilots could read.", "cooks 11, pilots 6, boys 5, clerks 3", "depth", id="of its row"
        ),
        pytest.param("A sail of 8 m by 4 m has 36 square meters.", "8 x 4 = 32 m2", "depth", id="an area"),
        pytest.param(
            "A sail is 30 cm across: explain why it has 760.5 cm².",
            "3.14 x 15 x 15 = 706.5 cm2",
            "checks",
            id="asserts",
        ),
    ],
)
def test_what_a_statement_changes_of_all_that_it_takes(text, quote, part):
    page = 1 if quote in PAGES[1] else 2
    assert kinds(text, quote, part, page) in ([FindingKind.NAME], [FindingKind.NUMBER])


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param(
            "They were outnumbered by more than ten to one.", "80,000 men\nagainst 7,000", "concepts", id="to"
        ),
        pytest.param("Holm died in 480 BCE.", "At the strait Admiral Holm died", "concepts", id="counted on"),
        pytest.param("Know of Flemish pilots.", "Frisian pilots plundered Riga", "prerequisites", id="known before"),
        pytest.param(
            "In a poor decade some Christian pilots robbed a rich neighbouring town for a living.",
            "Frisian pilots plundered Riga",
            "concepts",
            id="of many peoples",
        ),
        pytest.param(
            "Explain why a sail of 37 cm has more.", "of 30 cm across has\n3.14 x 15", "checks", id="one of its own"
        ),
        pytest.param("Two right angles make 180°.", "Two right angles make l80o", "concepts", id="a degree's sign"),
        pytest.param(
            "Of 200 equal shares Anna owns 7: what part of 9,000 crowns is hers?",
            "the loot came to",
            "checks",
            id="own",
        ),
        pytest.param("How many years passed from 2600 BCE to 1900 BCE?", "Ten\nyears later", "checks", id="own years"),
    ],
)
def test_what_follows_or_is_its_writers_own(text, quote, part):
    page = 1 if quote in PAGES[1] else 2
    assert kinds(text, quote, part, page) == []


@pytest.mark.parametrize(
    ("text", "is_later"),
    [
        ("Square equations belong to a later subtopic.", True),
        ("Equations with squares wait for later.", True),
        ("Systems of two equations are the matter of a later subtopic.", False),
        ("Similar triangles and scale drawings have their place later.", False),
        ("Parabolas, their axes and vertices come later.", True),
        ("The axes of big arcs belong to the lesson that follows.", True),
    ],
)
def test_what_is_said_to_come_later_is_in_the_titles_or_on_the_pages_that_follow(text, is_later):
    pages = {
        1: "An equation is solved step by step. Squares are not solved here.",
        2: "The vertices of parabolas lie on their axes. A triangle. Two are similar. Draw on. A big scale, an arc.",
    }
    check = EvidenceCheck(BookText(pages), (1,), ("Square Equations",), "Linear Equations")
    said = check.check(Part.BOUNDARY, Claim(text, (1,), basis="later subtopic"))
    assert bool(said.findings) != is_later


def test_a_term_of_the_book_for_another():
    page = (
        "The mode is the value that occurs most often. It tells nothing else.\n\nrange: the largest less the smallest"
    )
    check = EvidenceCheck(BookText({1: page, 2: "A crowd of people came. All went home. The Indus is a river."}), (1,))
    quote = Evidence(1, "The mode is the value that occurs most often")

    def flagged(text):
        claim = Claim(text, (1,), evidence=(quote,))
        return [each.kind for each in check.check(Part.CHECKS, claim).findings]

    assert flagged("Which value occurs often and is thus their range?") == [FindingKind.NAME]
    assert flagged("Which value occurs often and is thus their mode?") == []
    error = Claim("Learners may call the value that occurs most often the range.", (1,), evidence=(quote,))
    assert check.check(Part.MISCONCEPTIONS, error).findings == ()
    assert flagged("Which value occurs most often, and which are the range and the mode?") == []


def test_who_is_said_to_have_done_it_stands_on_the_page():
    text = "Holm behaved mildly towards merchants, sailors and strangers from abroad."
    assert kinds(text, "Lord Ekman was called mild") == [FindingKind.NAME]
    assert kinds(text.replace("Holm", "Ekman"), "Lord Ekman was called mild") == []


def test_the_land_india_is_not_the_river_indus():
    book = BookText({1: "The Nile floods. The Indus valley had cities.", 2: "India trades with cities far away."})
    check = EvidenceCheck(book, (2,), ("Rome",))
    for name, is_flagged in (("Indus", True), ("Indian", False)):
        claim = Claim(f"The cities of the {name} trade follow later.", (2,), basis="later subtopic")
        assert bool(check.check(Part.BOUNDARY, claim).findings) == is_flagged


def test_an_objective_asks_how_another_did_it():
    quote = "Peter Lund, a man of few words, built"
    assert kinds("Explain how Ekman came to build a ship.", quote, "objective") == [FindingKind.NAME]
    assert kinds("Explain how Lund came to build a ship.", quote, "objective") == []


def test_a_name_of_the_same_page_in_another_row():
    assert kinds("In Visby it was Jon Aalto who paid.", "Visby — Anna Brandt", page=3) == [FindingKind.NAME]
    assert kinds("In Visby it was Anna Brandt who paid.", "Visby — Anna Brandt", page=3) == []


@pytest.mark.parametrize(
    ("quote", "is_found"),
    [
        ("T = √857 = 29.3 years", True),
        ("F = 1.8 × C + 32", True),
        ("45 ÷ (2 x 0.45) = 50", True),
        ("4 g + 32 g = 36 g", True),
        ("T = √867 = 29.3 years", False),
        ("F = 1.8 × C − 32", False),
    ],
)
def test_a_formula_is_found_whatever_its_sign_for_times_and_about(quote, is_found):
    told = "T² = 857, so T = √857 ≈ 29.3 years. F = 1.8 · C + 32. It gains Q ÷ m = 45 ÷ (2 · 0.45) = 50 °C."
    page = {7: f"{told} 4 g + 32 g → 36 g"}
    claim = Claim("That is so.", (7,), evidence=(Evidence(7, quote),))
    assert bool(EvidenceCheck(BookText(page)).check(Part.DEPTH, claim).findings) != is_found


def test_a_year_before_a_person_whose_name_is_a_units_is_a_year():
    text = BookText({1: "In 1687 Newton wrote of the tides. In 1695 Watt was not yet born, but Halley wrote of them."})
    claim = Claim("Newton wrote of the tides in 1695.", (1,), evidence=(Evidence(1, "In 1687 Newton wrote of"),))
    assert [each.kind for each in EvidenceCheck(text).check(Part.CONCEPTS, claim).findings] == [FindingKind.NUMBER]


ELEMENTS = {
    8: (
        "Rays were shot at berylliurn, and a particle flew out. Which is more reactive, rubidium or lithium? Both are\n"
        "metals of the first group, as sodium is. A pinch of manganese dioxide (MnOz) makes it foam.\n"
    ),
}


@pytest.mark.parametrize(
    ("text", "quote", "part", "is_other"),
    [
        pytest.param("Rays were shot at boron.", "Rays were shot at berylliurn", "concepts", True, id="misread"),
        pytest.param("Which reacts, cesium or sodium?", "rubidium or lithium?", "checks", False, id="which of two"),
        pytest.param("Catalysis stays with examples.", "(MnOz) makes it foam", "depth", False, id="a formula"),
    ],
)
def test_one_element_for_another(text, quote, part, is_other):
    claim = Claim(text, (8,), evidence=(Evidence(8, quote),))
    found = EvidenceCheck(BookText(ELEMENTS), (8,)).check(Part(part), claim).findings
    assert [each.kind for each in found] == [FindingKind.NAME] * is_other


GUARD = {
    12: (
        "12 The Guard\nA captain named Rask had driven the pirates out by 1729, but in 1736 he crowned himself. He\n"
        "lost a first ship in 1740 and a last one twelve years later. It was begun in 1748. The keep was\n"
        "ready in about 12 years, but the whole castle took about 22. In 1780 nobody lived there. Each\n"
        "guard had 4b rounds. In clear weather the wall, a grey stone that makes up 55 percent of the fort, is seen.\n"
        "The Frisian Robert Holt saw a dark spot in the wall. Theodor Voss held the gate. The mill makes 30 kWh.\n"
        "The steam is at 120/80 mm Hg. Its guns broke the Mamluk army at Dabiq.\n"
    ),
}


@pytest.mark.parametrize(
    ("text", "quote", "is_flagged"),
    [
        ("Rask made himself king in 1729.", "in 1736 he crowned himself", True),
        ("Rask got rid of the pirates by 1729.", "in 1736 he crowned himself", False),
        ("Rask was king in 1740.", "in 1736 he crowned himself", True),
        ("Four years before 1740 Rask became king.", "in 1736 he crowned himself", False),
        ("Some months after the year 1740 Rask was made king.", "in 1736 he crowned himself", True),
        ("Within 50 months of 1740, before it, Rask was king.", "in 1736 he crowned himself", False),
        ("The whole of the castle was ready after about 32 years.", "took about 22", True),
        ("The keep took ten years less.", "about 12 years, but the whole castle took about 22", False),
        ("A guard had 46 rounds.", "Each guard had 46 rounds", False),
        ("The wall is a grey stone and accounts for 45 percent of the fort.", "makes up 55 percent", True),
        ("The rest of the fort is 45 percent.", "makes up 55 percent", False),
        ("Theodor Voss was the one who saw a dark spot.", "The Frisian Robert Holt saw a dark spot", True),
        ("Robert Holt was the one who saw a dark spot.", "The Frisian Robert Holt saw a dark spot", False),
        ("What the mill makes is 30 MWh.", "The mill makes 30 kWh", True),
        ("What the mill makes is 30 kWh.", "The mill makes 30 kWh", False),
        ("Steam is held at 120/80 cmHg.", "The steam is at 120/80", True),
        ("Steam is held at 120/80 mmHg.", "The steam is at 120/80", False),
        ("At Dabiq the Seljuks were beaten.", "Its guns broke the Mamluk army at Dabiq", True),
        ("At Dabiq the Mamluks were beaten.", "Its guns broke the Mamluk army at Dabiq", False),
    ],
)
def test_a_figure_unit_or_name_of_the_page_that_is_told_of_something_else(text, quote, is_flagged):
    claim = Claim(text, (12,), evidence=(Evidence(12, quote),))
    assert bool(EvidenceCheck(BookText(GUARD), (12,)).check(Part.CONCEPTS, claim).findings) is is_flagged
