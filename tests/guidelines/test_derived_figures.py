"""Numbers of a statement that no page prints, and that follow from those it prints by one step, or do not."""

from __future__ import annotations

import pytest

from books.guidelines.evidence import BookText, Claim, EvidenceCheck
from books.stored.guideline import Evidence, Part

MARKET = {
    5: (
        "5   Markets\nIn June a punnet cost £3.20, at the end of the month £2.40. Of 49 stalls 32 were open. The fair\n"
        "of 29 September closed on 3 November. A new lens enlarged about 270 times, the old one 30 times. A loan\n"
        "lasts for\na year. The coin stood for one trillion old ones. In the third act he is king. The index\n"
        "of 2020 was 120.\nShares (per cent)\nFood  32\nCloth  37,9\nKilled (millions)\nNorth 2.0 South 1.8 East 1.4\n"
        "By how many per cent did it rise? The tax is 8 per cent.\nSeats  165\nThe end. Once there were\n"
        "12.1 square kilometres of ice, now only 1.8.\nA last line, and another."
    ),
}


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        ("It fell from three pounds twenty to two pounds forty.", "In June a punnet cost £3.20", "concepts"),
        ("Two in three of the stalls were open.", "Of 49 stalls 32 were open", "concepts"),
        ("Seventeen of the stalls did not open.", "Of 49 stalls 32 were open", "concepts"),
        ("The fair lasted about five weeks.", "The fair of 29 September", "concepts"),
        ("The new lens enlarged about nine times as much.", "the old one 30 times", "concepts"),
        ("A loan lasts twelve months or so.", "A loan lasts for a year", "concepts"),
        ("The coin stood for a million million old ones.", "The coin stood for one trillion", "concepts"),
        ("Act III makes him king.", "In the third act he is king", "concepts"),
        ("A third, roughly, is food.", "Food  32", "concepts"),
        ("38 percent was cloth.", "Cloth  37,9", "concepts"),
        ("In all, 5.2 million were killed.", "North 2.0 South 1.8 East 1.4", "concepts"),
        ("Know that there were 165 seats.", "Shares (per cent)", "prerequisites"),
        (
            "Gains of 15 points are read as 15 %; they are percents from 2020 alone.",
            "The index of 2020",
            "misconceptions",
        ),
        ("The index climbs from 120 to 126. What is the rate? (5 %)", "By how many per cent did it rise?", "checks"),
        ("Someone owes 700 crowns: who pays?", "A loan lasts for a year", "checks"),
        (
            "The ice shrank from about twelve to under two square kilometres.",
            "12.1 square kilometres of ice",
            "concepts",
        ),
        ("Nobody lends for a whole quarter of a year, but for longer.", "A loan lasts for a year", "misconceptions"),
        ("A coat costs 50 crowns: what is the price with the tax? (54 crowns)", "The tax is 8", "checks"),
        ("Of 650 crowns, how many are tax? (52)", "The tax is 8 per cent", "checks"),
    ],
)
def test_what_follows_from_the_pages_by_one_step_is_not_flagged(text, quote, part):
    check = EvidenceCheck(BookText(MARKET), (5,), title="Markets")
    assert check.check(Part(part), Claim(text, (5,), evidence=(Evidence(5, quote),))).findings == ()


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The new lens enlarged about twelve times as much.", "the old one 30 times"),
        ("The fair lasted about eight weeks.", "The fair of 29 September"),
        ("It fell from three pounds forty to two pounds ten.", "In June a punnet cost £3.20"),
        ("Act II makes him king.", "In the third act he is king"),
        ("In all, 5.6 million were killed.", "North 2.0 South 1.8 East 1.4"),
        ("Two fifths, roughly, is food.", "Food  32"),
    ],
)
def test_what_does_not_follow_is_flagged(text, quote):
    check = EvidenceCheck(BookText(MARKET), (5,), title="Markets")
    assert check.check(Part.CONCEPTS, Claim(text, (5,), evidence=(Evidence(5, quote),))).findings


PORT = {
    6: (
        "6   The Port\nRuso the Elder, died 741 - Ruso, died 768.\n"
        "A sailing ship covered the route in nine days; a boat with oars\nneeded ninety. The road to it\n"
        "of 2,500 kilometres had 111 posts.\nThe harbour was built in 44 BCE by a captain named Ruso. A storm of 31\n"
        "BCE broke its mole. The light was lit in 15S7 by a keeper. Of 100 tonnes of cargo 56 tonnes are salt\nand 44\n"
        "tonnes wine. The port owed the king 26 lakh rupees, 20 to 30 crore a reign. The crews fell from 2,38,000\n"
        "to 1,40,000 men. Prices rose fivefold within the war. Ruso sat in eight of the eleven councils.\nIn the\n"
        "other part he was buried; in 2020 85 percent of them knew it. He went to prison for six years.\nTasks\n"
        "8. How long after the building was the storm?\n12. Draw a map of tasks 61 to 6A.\n"
    ),
}
STORM = "A storm of 31 BCE broke its mole"


def findings_of_port(text, quote, part="concepts"):
    check = EvidenceCheck(BookText(PORT), (6,), title="The Port")
    return check.check(Part(part), Claim(text, (6,), evidence=tuple(Evidence(6, each) for each in quote))).findings


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        ("By sail the route took a tenth of the time.", ("the route in nine days",), "concepts"),
        ("How far apart were the posts? (Roughly 22 or 23 kilometres)", ("2,500 kilometres had 111 posts",), "checks"),
        ("How many years lay between harbour and storm? (13)", ("How long after the building",), "checks"),
        ("It was lit in the sixteenth century, in 1557.", ("by a keeper",), "concepts"),
        ("The other 44 per cent is wine.", ("100 tonnes of cargo 56 tonnes are salt",), "concepts"),
        ("It owed the king 2,600,000 rupees.", ("owed the king 26 lakh rupees",), "concepts"),
        ("That was 200 to 300 million a reign.", ("20 to 30 crore a reign",), "concepts"),
        ("The crews shrank by 98,000 men.", ("from 2,38,000 to 1,40,000",), "concepts"),
        ("Prices went up to five times their level.", ("Prices rose fivefold",), "concepts"),
        ("Its Ruso sat in eight councils.", ("sat in eight of the eleven councils",), "concepts"),
        ("Some 15 of every 100 did not know it.", ("in 2020 85 percent of them knew it",), "concepts"),
        ("Ruso outlived the Elder by 27 years.", ("Ruso the Elder",), "concepts"),
        ("Items 61 to 64 are about maps.", ("Draw a map of tasks 61",), "depth"),
        ("The harbour of 44 BCE lost its mole 13 years on, in a storm.", ("The harbour was built", STORM), "concepts"),
    ],
)  # fmt: skip
def test_shares_scales_and_ranges_of_what_is_printed_are_not_flagged(text, quote, part):
    assert findings_of_port(text, quote, part) == ()


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("It owed the king 26 crore rupees.", ("owed the king 26 lakh rupees",), id="scale"),
        pytest.param("By sail the route took three quarters of the time.", ("the route in nine days",), id="share"),
        pytest.param("He spent twelve years in prison.", ("went to prison",), id="the number of a task"),
        pytest.param("It was lit in the seventeenth century, in 1557.", ("by a keeper",), id="century"),
    ],
)
def test_other_shares_and_scales_are_flagged(text, quote):
    assert findings_of_port(text, quote)


DEBT = {
    8: (
        "The first member\nIn 1868 the war was over, and so was the debt of many.\n"
        "The ships burned, and nobody was saved in that year."
    ),
    9: (
        "In February 1870 Revels entered the Senate as its first member. The debt had almost doubled, to 130 million\n"
        "pounds, and some 10,000 soldiers stayed. After two years the first ships came. Four years later the crew\n"
        "found neon. A wagon covered about fifteen miles a day. A pea of 5 mm stands for 500 m, since 3 + 4 = 7 and\n"
        "2 x 5 = 10. Of the 16,000 who were marched west one quarter died. Gold was seen on January 24, 1848. In 1849\n"
        "others came.\n"
    ),
}


def findings_of_debt(text, quote, part):
    check = EvidenceCheck(BookText(DEBT), (8, 9), title="Debts")
    return check.check(Part(part), Claim(text, (9,), evidence=(Evidence(9, quote),))).findings


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param(
            "About 20,000 soldiers stayed.", "some 10,000 soldiers stayed", "concepts", id="no soldiers doubled"
        ),
        pytest.param("Neon came eight years after the ships.", "Four years later the crew", "concepts", id="after"),
        pytest.param("The Senate got that member in 1868.", "Revels entered the Senate", "concepts", id="page before"),
        pytest.param(
            "The gold was seen in January 1849.", "Gold was seen on January 24", "concepts", id="month's year"
        ),
        pytest.param("Why does a pea of 5 mm stand for 300 m?", "A pea of 5 mm stands for 500 m", "checks", id="why"),
    ],
)
def test_what_only_seems_to_follow_is_flagged(text, quote, part):
    assert findings_of_debt(text, quote, part)


@pytest.mark.parametrize(
    ("text", "quote", "part"),
    [
        pytest.param("Before it doubled the debt was 65 million pounds.", "The debt had almost doubled", "concepts"),
        pytest.param("Two years after 1868, in 1870, Revels came.", "In February 1870 Revels entered", "concepts"),
        pytest.param("That 4,000 died can be worked out.", "Of the 16,000 who were marched west", "depth"),
        pytest.param("At fifteen miles a day, how many days are 300 miles?", "A wagon covered about fifteen", "checks"),
    ],
)
def test_what_is_told_to_follow_is_not(text, quote, part):
    assert findings_of_debt(text, quote, part) == ()
