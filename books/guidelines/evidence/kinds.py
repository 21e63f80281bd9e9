"""Things of a kind that are told apart by their words alone: months, metals, planets, quarters of the sky. Pure."""

from __future__ import annotations

import re

from books.guidelines.evidence.quotes import as_misread
from books.guidelines.evidence.units import MONTH_NUMBERS

# Each kind by its things, each thing by its words.
_KINDS = {
    "weekday": (
        "Monday Montag lunes lundi, Tuesday Dienstag martes mardi, Wednesday Mittwoch miércoles mercredi,"
        " Thursday Donnerstag jueves jeudi, Friday Freitag viernes vendredi, Saturday Samstag sábado samedi,"
        " Sunday Sonntag domingo dimanche"
    ),
    "quarter": (
        "north northern northward northwards, south southern southward southwards, east eastern eastward eastwards,"
        " west western westward westwards, northeast northeastern, northwest northwestern, southeast southeastern,"
        " southwest southwestern"
    ),
    "side": "left, right",
    "season": "spring, summer, autumn fall, winter",
    "planet": "Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune, Pluto",
    "ocean": "Atlantic, Pacific, Indian, Arctic, Antarctic",
    "metal": (
        "iron, steel, copper, brass, bronze, zinc, tin, lead, nickel, aluminium aluminum, silver, gold, platinum,"
        " mercury, magnesium, tungsten, uranium, sodium, potassium, calcium, lithium, titanium, chromium, cobalt,"
        " cesium caesium, rubidium, barium, radium, manganese"
    ),
    "gas": (
        "hydrogen, helium, oxygen, nitrogen, chlorine, methane, ammonia, argon, neon, ozone, carbon-dioxide,"
        " carbon-monoxide, propane, butane"
    ),
    "element": (
        "carbon, sulphur sulfur, phosphorus, silicon, iodine, bromine, fluorine, boron, beryllium, arsenic, selenium"
    ),
    "colour": "red, orange, yellow, green, blue, violet purple, brown, black, white, pink, grey gray",
    "organ": (
        "heart, lung lungs, liver, kidney kidneys, brain, stomach, spleen, pancreas, bladder, intestine intestines,"
        " skin, bone bones, muscle muscles"
    ),
    "son": "son sons, daughter daughters",
    "brother": "brother brothers, sister sisters",
    "parent": "father, mother",
    "figure": "triangle, square, rectangle, circle, pentagon, hexagon, trapezoid, rhombus, cube, sphere, cone",
    "crop": "wheat, barley, rice, maize corn, rye, oats, millet, cotton, sugar, tea, coffee, tobacco, potato potatoes",
}  # fmt: skip
_THINGS = {
    word.replace("-", " "): (kind, thing.split()[0])
    for kind, things in _KINDS.items()
    for thing in things.split(",")
    for word in thing.split()
}
_MEANT = {as_misread(word.lower()): thing for word, thing in _THINGS.items()}
_MONTHS = {name.capitalize(): ("month", str(number)) for name, number in MONTH_NUMBERS.items()}
_WORD = re.compile(r"\bcarbon (?:di|mon)oxide\b|[^\W\d_]+")
_PARTED = re.compile(r"(?<=north|south)-(?=east|west)", re.IGNORECASE)
Thing = tuple[str, str]


def things(text: str) -> dict[Thing, str]:
    """Those that ``text`` names, each with its first word there; months where they have a capital."""
    found: dict[Thing, str] = {}
    for word in _WORD.findall(_PARTED.sub("", text)):
        thing = _MONTHS.get(word) or _THINGS.get(word) or _MEANT.get(as_misread(word.lower()))
        if thing:
            found.setdefault(thing, word)
    return found
