"""Whether a number or name is what the page says where the quotes stand: rule by rule, on pages made for it."""

from __future__ import annotations

import pytest

from books.guidelines.evidence import BookText, Claim, EvidenceCheck
from books.stored.guideline import Evidence, FindingKind, Part

PAGES = {
    4: (
        "The Light on Skerry Rock 4\n"
        "In 1811 the keeper Ewan Muir lit a first lamp on Skerry Rock. Its eighteen mirrors were polished every\n"
        "morning. Storms broke the wooden hut seven times. The engineer Alice Rennie, who had studied in Oslo, raised\n"
        "a tower of granite with 36 mirrors there in 1846. The builders needed thirteen weeks for its stair,\n"
        "and the blocks weighed 132 tons together. Muir saw the first ship wrecked within a year. The painter Jonas\n"
        "Petersen drew the rock for a newspaper in 1852.\n"
        "Table 4.1 Rocks of the coast\nRock   Height (m)\nSkerry   42\nOrrin   117\nTalla   88\n"
        "Lieutenant Hugh Calder measured the rock of Orrin in 1830. He died in 1847 and was buried in Leith.\n"
        "Its first keepers got eleven crowns a month, sold wool in a market, shot seals from a boat, baked barley,\n"
        "and wrote of comets. Malcolm Dunbar, who had never seen a lamp before, fixed the tariffs within a night.\n"
    ),
    5: (
        "Das Licht auf der Klippe 5\n"
        "Am 15. Januar zerbrach ein Sturm die Hütte. Reichsrat Otto von Bremen zahlte den Schaden. Am 6. Februar\n"
        "begann die Ingenieurin Klara Behrens auf der Klippe mit dem Bau eines Turmes aus Granit.\n"
    ),
    6: (
        "La luz del faro 6\n"
        "En 1811 el guardián Tomás Arce encendió una lámpara en la roca. La ingeniera Lucía Prado levantó en 1846\n"
        "una torre de granito con 36 espejos.\n"
    ),
}
ENGLISH, GERMAN, SPANISH = (EvidenceCheck(BookText({page: PAGES[page]}), (page,)) for page in PAGES)
TOWER = (4, "raised a tower of granite with 36 mirrors there in 1846")
STAIR = (4, "The builders needed thirteen weeks for its stair")
BLOCKS = (4, "the blocks weighed 132 tons")
MEASURED = (4, "Hugh Calder measured the rock of Orrin in 1830")
LEITH = (4, "He died in 1847 and was buried in Leith")
KEEPERS = (4, "keepers got eleven crowns")
TARIFFS = (4, "fixed the tariffs within a night")
TURM = (5, "auf der Klippe mit dem Bau eines Turmes aus Granit")
TORRE = (6, "levantó en 1846 una torre de granito")


def kinds(text, quote, part=Part.CONCEPTS):
    check = {4: ENGLISH, 5: GERMAN, 6: SPANISH}[quote[0]]
    return [each.kind for each in check.check(part, Claim(text, quote[:1], evidence=(Evidence(*quote),))).findings]


@pytest.mark.parametrize(
    ("text", "quote", "kind"),
    [
        pytest.param("The tower of granite was raised in 1811.", TOWER, FindingKind.NUMBER, id="another's year"),
        pytest.param("Calder measured Orrin in 1847.", MEASURED, FindingKind.NUMBER, id="of the sentence behind"),
        pytest.param("The granite tower had eighteen mirrors.", TOWER, FindingKind.NUMBER, id="another's number"),
        pytest.param("The stair took thirteen days.", STAIR, FindingKind.NUMBER, id="another unit"),
        pytest.param("Its blocks weighed 132 pounds.", BLOCKS, FindingKind.NUMBER, id="of weight"),
        pytest.param("Ewan Muir raised the granite tower.", TOWER, FindingKind.NAME, id="another's name"),
        pytest.param("The tower of granite was raised by Petersen.", TOWER, FindingKind.NAME, id="in the passive"),
        pytest.param("Skerry rises to 117 m.", (4, "Skerry   42"), FindingKind.NUMBER, id="of another row"),
        pytest.param("Keepers got eleven crowns a week.", KEEPERS, FindingKind.NUMBER, id="a time"),
        pytest.param("The tariffs were set by Jonas Petersen.", TARIFFS, FindingKind.NAME, id="of one word told"),
        pytest.param("Calder was buried in Oslo.", LEITH, FindingKind.NAME, id="behind a pronoun"),
        pytest.param(
            "Seals polished the tariffs of a wooden newspaper under lieutenants at granite stairs in Leith.",
            KEEPERS, FindingKind.NO_EVIDENCE, id="words thrown together",
        ),
        pytest.param("Der Granitturm auf der Klippe wurde am 15. Januar begonnen.", TURM, FindingKind.NUMBER, id="Tag"),
        pytest.param("Otto von Bremen begann auf der Klippe den Granitturm.", TURM, FindingKind.NAME, id="Name"),
        pytest.param("La torre de granito se levantó en 1811.", TORRE, FindingKind.NUMBER, id="año"),
        pytest.param("Tomás Arce levantó la torre de granito.", TORRE, FindingKind.NAME, id="nombre"),
    ],
)  # fmt: skip
def test_what_the_page_says_of_something_else_is_flagged(text, quote, kind):
    assert kinds(text, quote) == [kind]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("A first lamp of 1811 was followed by a tower of granite in 1846.", TOWER),
        ("Alice Rennie raised the tower 35 years after the first lamp.", TOWER),
        ("The granite tower had twice the eighteen mirrors of Muir's lamp.", TOWER),
        ("Rennie's tower of granite stands where Ewan Muir lit his lamp.", TOWER),
        ("The stair of the tower took thirteen weeks, about a quarter of a year.", STAIR),
        ("Calder, who died in 1847, measured the rock of Orrin.", MEASURED),
        ("Skerry is 75 m lower than Orrin with its 117 m.", (4, "Skerry   42")),
        ("Skerry measures 42 m, 75 m less than the highest rock, which has 117 m.", (4, "Skerry   42")),
        ("Learn seal, tariff, mirror, comet, stair, granite, wool, newspaper, keeper, wooden and lieutenant.", KEEPERS),
        ("The keepers shot seals and earned eleven crowns every month.", KEEPERS),
        ("Klara Behrens begann am 6. Februar auf der Klippe mit dem Granitturm.", TURM),
        ("Nach dem Sturm vom 15. Januar begann auf der Klippe der Bau des Granitturmes.", TURM),
        ("Lucía Prado levantó la torre de granito 35 años después de la lámpara de Tomás Arce.", TORRE),
    ],
)
def test_what_is_told_together_with_its_own_is_not_flagged(text, quote):
    assert kinds(text, quote) == []


def test_where_the_place_is_not_clear_nothing_is_said():
    assert kinds("The coast was lit early, in 1811.", TOWER) == []
    assert kinds("Muir died in 1847.", (4, "He died in 1847 and was buried in Leith")) == []
