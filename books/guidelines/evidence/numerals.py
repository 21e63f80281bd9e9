"""Numbers written as words in English, German, Spanish and French, as Roman numerals and as fractions. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from books.stored import notation

_EN = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_EN_ORDINAL = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth"
_DE = "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn"
_ES = "cero un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete"
_ES_ORDINAL = "primer segund tercer cuart quint sext séptim octav noven décim"


def _counted(words: str, first: int = 0) -> dict[str, int]:
    return {word: number for number, word in enumerate(words.split(), start=first)}


def _tens(words: str) -> dict[str, int]:
    return {word: 10 * number for number, word in enumerate(words.split(), start=2)}


ENGLISH = (
    _counted(f"{_EN} eighteen nineteen")
    | _tens("twenty thirty forty fifty sixty seventy eighty ninety")
    | {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
    | {"lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7}
)
ENGLISH_ORDINALS = (
    _counted(f"{_EN_ORDINAL} fifteenth sixteenth seventeenth eighteenth nineteenth", 1)
    | _tens("twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth")
    | {"hundredth": 100, "thousandth": 1_000, "half": 2, "quarter": 4, "halves": 2, "quarters": 4}
)
GERMAN: dict[str, int] = (
    _counted(f"{_DE} achtzehn neunzehn")
    | {"eins": 1}
    | {f"{word}{end}": size for word, size in (("million", 10**6), ("billion", 10**12)) for end in ("", "en")}
    | {"milliarde": 10**9, "milliarden": 10**9, "dutzend": 12}
)
GERMAN_TENS = _tens("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
GERMAN_ORDINALS = {"erste": 1, "dritte": 3, "siebte": 7, "achte": 8}
SPANISH = (
    _counted(f"{_ES} dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis")
    | {"veintisiete": 27, "veintiocho": 28, "veintinueve": 29, "uno": 1, "cien": 100, "ciento": 100, "mil": 1_000}
    | _tens("- treinta cuarenta cincuenta sesenta setenta ochenta noventa")
    | {f"{word}cient{end}": 100 * at for at, word in ((2, "dos"), (3, "tres"), (4, "cuatro")) for end in ("os", "as")}
    | {"quinientos": 500, "seiscientos": 600, "setecientos": 700, "ochocientos": 800, "novecientos": 900}
    | {"millón": 10**6, "millones": 10**6, "billón": 10**12, "billones": 10**12, "docena": 12}
)
SPANISH_ORDINALS = {
    f"{word}{end}": number for word, number in _counted(_ES_ORDINAL, 1).items() for end in ("", "o", "a", "os", "as")
}
_FR = "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize"
FRENCH = (
    _counted(_FR)
    | {"une": 1, "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60}
    | {"septante": 70, "huitante": 80, "nonante": 90, "cent": 100, "cents": 100, "mille": 1_000, "douzaine": 12}
    | {f"{word}{end}": size for word, size in (("million", 10**6), ("milliard", 10**9)) for end in ("", "s")}
)
_ROMAN = re.compile(r"M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})")
_ROMAN_SIGNS = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1_000}


def cardinal(word: str, language: str) -> int | None:
    """The number that one ``word`` in small letters names."""
    if language == "de":
        return _german(word)
    return {"es": SPANISH, "fr": FRENCH}.get(language, ENGLISH).get(word)


def ordinal(word: str, language: str) -> int | None:
    """As ``cardinal``; the part of a fraction too: a third, two thirds."""
    if language == "de":
        return _german_ordinal(word)
    if language == "es":
        return SPANISH_ORDINALS.get(word)
    if language == "fr":
        return _french_ordinal(word)
    return ENGLISH_ORDINALS.get(word) or ENGLISH_ORDINALS.get(word.removesuffix("s"))


def _german(word: str) -> int | None:
    """Compounds too: dreihundertfünfundzwanzig."""
    if word in GERMAN:
        return GERMAN[word]
    if word in GERMAN_TENS:
        return GERMAN_TENS[word]
    for name, size in (("tausend", 1_000), ("hundert", 100)):
        before, found, after = word.partition(name)
        if found:
            parts = _german(before) if before else 1, _german(after.removeprefix("und")) if after else 0
            return None if parts[0] is None or parts[1] is None else parts[0] * size + parts[1]
    ones, found, tens = word.partition("und")
    if found and ones in GERMAN and tens in GERMAN_TENS:
        return GERMAN[ones] + GERMAN_TENS[tens]
    return None


def _german_ordinal(word: str) -> int | None:
    plain = word[:-1] if word.endswith(("ten", "ter", "tes", "tem")) else word
    if plain in GERMAN_ORDINALS:
        return GERMAN_ORDINALS[plain]
    if not plain.endswith("te"):
        return None
    return _german(plain.removesuffix("te")) or _german(plain.removesuffix("ste"))


def _french_ordinal(word: str) -> int | None:
    if word in ("premier", "première", "second", "seconde"):
        return 1 if word[0] == "p" else 2
    plain = word.removesuffix("s").removesuffix("ième")
    plain = {"cinqu": "cinq", "neuv": "neuf"}.get(plain, plain)
    return None if plain == word else next((FRENCH[each] for each in (plain, f"{plain}e") if each in FRENCH), None)


def roman(word: str) -> int | None:
    """Of a Roman numeral in capitals."""
    if not word or not _ROMAN.fullmatch(word):
        return None
    values = [_ROMAN_SIGNS[sign] for sign in word]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


def composed(values: list[int]) -> int:
    """[3, 100, 42] (three hundred forty-two) as 342, [1000, 10**6] (a thousand million) as 10**9."""
    total = current = before = 0
    for value in values:
        if before >= 1_000 and value >= 1_000:  # mil millones
            total *= value
        elif (value == 100 and current) or (value == 20 and current == 4):  # quatre-vingts
            current *= value
        elif value >= 1_000:
            total, current = total + max(1, current) * value, 0
        else:
            current += value
        before = value
    return total + current


_FRACTIONS = {"½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅕": "1/5", "⁄": "/"}
_DECIMALS = {"½": "5", "¼": "25", "¾": "75"}
_MIXED = re.compile(r"(\d)\s?([½¼¾])(?=\s[^\W\d_]{2})")
_PER_HOUR = re.compile(r"\bmiles? (?:an|per) hour\b")
_HALVES = {
    "million": "500,000", "billion": "500 million", "dozen": "6", "thousand": "500", "century": "50 years",
    "a quarter of a century": "25 years", "a quarter century": "25 years", "minute": "30 seconds", "hour": "30 minutes",
    "a quarter of a minute": "15 seconds", "a quarter of an hour": "15 minutes", "a quarter of a million": "250,000",
    "a quarter of a year": "3 months",
}  # fmt: skip
_AND_A_HALF = re.compile(r"(\w+) and (?:a|one) half\b", re.IGNORECASE)
_HALF = re.compile(
    r"\b(?:(?:one )?half (?:an? )?(million|billion|dozen|thousand|century|minute|hour)"
    r"|(a quarter (?:of an? )?(?:century|minute|hour|million|year)))\b",
    re.IGNORECASE,
)
_OVER = {
    word: number
    for number, words in {
        2: "half halves", 3: "third thirds drittel tercio tercios tercera terceras",
        4: "quarter quarters fourth fourths viertel cuarto cuartos cuarta cuartas",
        5: "fifth fifths fünftel quinto quintos quinta quintas", 6: "sixth sixths sechstel sexta sextas",
        7: "seventh sevenths siebtel séptima séptimas", 8: "eighth eighths achtel octava octavas",
        9: "ninth ninths neuntel novena novenas", 10: "tenth tenths zehntel décimo décimos décima décimas",
        12: "twelfth twelfths zwölftel", 15: "fifteenth fifteenths", 16: "sixteenth sixteenths",
        20: "twentieth twentieths zwanzigstel vigésima vigésimas", 30: "thirtieth",
        100: "hundredth hundredths hundertstel centésima centésimas",
    }.items()
    for word in words.split()
}  # fmt: skip
_MEASURED = "inch|foot|yard|mile|hour|cup|pound|ounce|gallon|acre|meter|metre|kilometer|kilometre|liter|litre|million"
_ABOVE = (
    "one|two|three|four|five|six|seven|eight|nine|nineteen|eine?r?|zwei|drei|vier|fünf|sechs|sieben|acht|neun|un[oa]?|dos"
    "|tres|cuatro|cinco|seis|siete|ocho|nueve|diecinueve"
)
# Una quinta parte, but the quinta vez.
_FRACTION = re.compile(
    rf"\b(an?(?=\s\w+(?:\s(?:of|or so|{_MEASURED})\b|[.,;]))|la(?=\s\w+\sparte\b)|{_ABOVE})"
    rf"[-\s]({'|'.join(_OVER)})\b(?:(?<!as)(?<!a)|(?=\spartes?\b))", re.IGNORECASE,
)  # fmt: skip
# One donor in twenty, nine out of ten, jeder fünfte Wähler, uno de cada cinco.
_SO_MANY = (
    "three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty"
    "|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwanzig|tres|cuatro|cinco|seis|ocho|diez|veinte"
)
_OF_SO_MANY = re.compile(
    rf"\b({_ABOVE})(?:\s(?!of|in|out)[^\W\d_]{{3,}})?\s(?:in(?: every)?|out of(?: every)?|von|de cada)\s"
    rf"({_SO_MANY})\b(?!\s(?:million|thousand|hundred|mil|years|months|weeks|days|hours|minutes))",
    re.IGNORECASE,
)
# Fifteen of every hundred.
_OF_A_HUNDRED = re.compile(r"(?<=\w)\s(?:in|of|out of) (?:every |each |a |one )(?:100|hundred)\b", re.IGNORECASE)
# A litre in other words, and half of one.
_CUBES = {"c": "ml", "z": "ml", "d": "l"}
_CUBE = re.compile(
    r"\b(?:([cd])m[³3](?!\w)|cubic (?:(c)enti|(d)eci)met(?:re|er)s?\b|kubik(?:(z)enti|(d)ezi)metern?\b"
    r"|(?:(c)ent|(d)ec)ímetros? cúbicos?\b)",
    re.IGNORECASE,
)
_HALF_UNIT = re.compile(
    r"\bhalf an? (?=(?:(?:kilo|centi|milli)?(?:met|lit)(?:re|er)|mile|inch|foot|yard|pound|gallon|cup|ton|kilogram)\b)"
    r"|\b(?:medi[oa]|halbe[nrs]?) (?=litro|kilo|hora|metro|tonelada|docena|Liter|Kilo|Pfund|Meter|Tonne)"
)
# Of square kilometers, not of a number.
_OF_UNITS = re.compile(r"(?:(?<=[kcm]m)|(?<=\dm)|(?<=\d m)|(?<=\bmi)|(?<=\bft))[²³]")
# Fourfold, vierfach; not manifold, nor einfach.
_SO_MANY_FOLD = re.compile(r"\b([^\W\d_]{3,})(?=(?:fold|fach\w{0,2})\b)", re.IGNORECASE)
_IN_LAKHS = re.compile(r"\d{1,2}(?:,\d\d)+,\d{3}")
_POWERS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))
_POWER = re.compile(f"[{''.join(_POWERS)}]")


def readings(written: str) -> list[Decimal]:
    """What digits with points, commas and spaces in them may mean, the likeliest first: 7,263 or 11.8 or 11,8;
    2,38,000 as India groups them."""
    parts = re.split(r"[.,'’\u00a0\u202f\s]+", written)
    if len(parts) == 1 or _IN_LAKHS.fullmatch(written):
        return [Decimal("".join(parts))]
    found = []
    if all(len(part) == 3 for part in parts[1:]) and parts[0].lstrip("0"):
        found.append(Decimal("".join(parts)))
    found.append(Decimal("".join(parts[:-1]) + "." + parts[-1]))
    return found


# The power of a unit that is printed on the line: 32 m2.
_SQUARED = re.compile(r"(?<=\d)(\s?(?:[mcdk]?m|ft|yd|in))[23]\b")


def legible(text: str) -> str:
    """Formulas, fractions, powers and halves of large numbers in plain digits."""
    text = notation.plain(text)
    said = " ".join(text.casefold().split())
    for signs, pattern, meant in _PLAIN:
        if any(sign in said for sign in signs):
            text = pattern.sub(meant, text)
            said = " ".join(text.casefold().split())
    for sign, written in _FRACTIONS.items():
        text = text.replace(sign, f" {written} " if len(written) > 1 else written)
    return _POWER.sub(lambda sign: _POWERS[sign[0]], text)


def _with_half(found: re.Match[str]) -> str:
    whole = found[1] if found[1].isdigit() else cardinal(found[1].lower(), "en")
    return found[0] if whole is None else f"{whole}.5"


def _apart(found: re.Match[str]) -> str:
    number = _named(found[1].lower())
    return f"{found[0]}-" if number > 1 else found[0]


def _in_digits(fraction: re.Match[str]) -> str:
    word = fraction[1].lower()
    below = fraction[2].lower()
    return f"{_named(word)}/{_OVER.get(below) or _named(below)}"


def _named(word: str) -> int:
    return next(filter(None, (cardinal(word, each) for each in ("en", "de", "es"))), 1)


# Each step with what a text has in small letters that it changes: looking for that is much cheaper than for the whole.
_PLAIN: tuple[tuple[Sequence[str], re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (("half ", "quarter "), _HALF, lambda found: _HALVES.get((found[1] or found[2]).lower(), found[0])),
    (("m³", "m3", "cubic", "kubik", "cúbico"), _CUBE, lambda found: _CUBES[found[found.lastindex or 1].lower()]),
    (("half a", "medi", "halbe"), _HALF_UNIT, "0.5 "),
    (tuple(_OVER), _FRACTION, _in_digits),
    (("a half", "one half"), _AND_A_HALF, _with_half),
    (("²", "³"), _OF_UNITS, ""),
    (tuple(f"{unit}{power}" for unit in ("m", "ft", "yd", "in") for power in "23"), _SQUARED, r"\1"),
    (("100", "hundred"), _OF_A_HUNDRED, " percent"),
    (
        [f"{before} {number}" for before in ("in", "of", "every", "von", "cada") for number in _SO_MANY.split("|")],
        _OF_SO_MANY,
        _in_digits,
    ),
    (("fold", "fach"), _SO_MANY_FOLD, _apart),
    (("hour",), _PER_HOUR, "mph"),
    (tuple(_DECIMALS), _MIXED, lambda found: f"{found[1]}.{_DECIMALS[found[2]]}"),
)
