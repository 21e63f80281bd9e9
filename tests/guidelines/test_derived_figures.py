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
