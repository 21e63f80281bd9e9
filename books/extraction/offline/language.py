"""Words, stems and sentences for text of any subject, without a model or a download."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

# Letters may carry combining signs (Devanagari, Tamil, Arabic, Thai) that Python does not count as word characters.
_WORD = re.compile(
    r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f\u0610-\u065f\u0900-\u0dff\u0e30-\u0e4e\u200c\u200d]|['’](?=\w))*"
)
_SENTENCE_END = re.compile(r"(?<=[.!?。।؟])[\"”’)]*\s+(?=[^\s\da-z])")
_VOWEL = re.compile(r"[aeiouyáéíóú]")
_SUFFIXES = (
    "ization", "isation", "ational", "fulness", "iveness", "ation", "ition", "ments", "ment", "ness", "ings", "ions",
    "ing", "ion", "ism", "ist", "ity", "ies", "ied", "ive", "ous", "ful", "ble", "ers", "est", "al", "ed", "er", "es",
    "ly", "ic", "or", "s", "y", "e",
)  # fmt: skip

_ENGLISH = """a about above across after again against all almost also although always am among an and another any are
around as at away back be became because become been before began being below best better between both but by came can
cannot come could did different do does done down during each either else enough even ever every example few find first
five for four from gave get give given go good great had has have he help her here high him himself his how however i if
in instead into is it its itself just keep kind know known large last later least left less let let's like little long
look made make makes making many may me means might more most much must my named near need never new next no nor not
nothing now of off often old on once one ones only or other others our out over own page part people per place put rather
really right said same saw say second see seen she should show shown shows side simply since small so some something soon
still such take taken than that the their them themselves then there these they thing things this those though three
through thus time times to today together too took toward two under until up upon us use used uses using very was way
ways we well went were what when where whether which while who whole whose why will with within without word words work
would year years yet you your yours""".split()  # noqa: SIM905 - a list of 250 literals would be no easier to read
_SPANISH = """al algo algunas algunos ante antes aquel así aun aunque bajo bien cada casi como con contra cual cuales
cuando de del desde donde dos durante e el ella ellas ellos en entre era eran eres es esa ese eso esta estaba estaban
estado estar este esto estos está están fue fueron ha había hace hacia han hasta hay la las le les lo los luego mas me
menos mi mientras muchas mucho muchos muy más nada ni no nos nosotros o otra otras otro otros para pero poco por porque
primera primero pues que quien qué se sea según ser si sido sin sino sobre solo son su sus sí también tan tanto te tiene
tienen toda todas todo todos tres tu un una unas uno unos varios veces y ya yo""".split()  # noqa: SIM905
_OTHERS = """au aux avec ce ces cette comme dans des du elle elles est et être il ils je leur leurs mais même nous ou où
par pas plus pour qui sont sur une vous als auf aus bei das dass dem den der des die durch ein eine einem einen einer er
für hat ich im ist kann mit nach nicht oder sich sie sind über um und von vor war werden wie wir wird zu zum zur às com da
das dos ele ela em foi mais mas na nas não no nos num ou pela pelo são sua suas também um uma""".split()  # noqa: SIM905
STOPWORDS = frozenset((*_ENGLISH, *_SPANISH, *_OTHERS))

# Words of the schoolbook itself: they stand on every page and say nothing of its subject.
BOOKISH = frozenset(
    [
        "chapter",
        "unit",
        "lesson",
        "section",
        "module",
        "figure",
        "table",
        "exercise",
        "exercises",
        "answer",
        "answers",
        "solution",
        "solutions",
        "question",
        "questions",
        "review",
        "practice",
        "activity",
        "objective",
        "objectives",
        "learning",
        "able",
        "end",
        "try",
        "missed",
        "problem",
        "quiz",
        "readiness",
        "started",
        "key",
        "terms",
        "term",
        "summary",
        "introduction",
        "example",
        "examples",
        "capítulo",
        "lección",
        "unidad",
        "ejercicios",
        "following",
        "called",
        "learn",
        "chapters",
        "sections",
        "begin",
        "ready",
    ]
)


def words(text: str) -> list[str]:
    """Lower-case words in order; digits and symbols left out."""
    return [word.lower().replace("’", "'").removesuffix("'s") for word in _WORD.findall(text)]


def stem(word: str) -> str:
    """A rough stem: forms of a word meet, a stem is not always a word."""
    for suffix in _SUFFIXES:
        root = word[: -len(suffix)]
        if word.endswith(suffix) and len(root) >= 4 and _VOWEL.search(root):
            return root[:-1] if root[-1] == root[-2] and root[-1] not in "ls" else root.removesuffix("i")
    return word


def is_content(word: str) -> bool:
    return word not in STOPWORDS and word not in BOOKISH and (len(word) > 2 or not word.isascii())


def content_stems(text: str) -> list[str]:
    return [stem(word) for word in words(text) if is_content(word)]


def term_counts(text: str) -> dict[str, int]:
    """Stemmed content words and their counts, most frequent first."""
    return dict(Counter(content_stems(text)).most_common())


def surface_forms(texts: Iterable[str]) -> dict[str, str]:
    """For each stem the form in which the texts write it most often."""
    seen: dict[str, Counter[str]] = {}
    for text in texts:
        for word in words(text):
            if is_content(word):
                seen.setdefault(stem(word), Counter())[word] += 1
    return {root: forms.most_common(1)[0][0] for root, forms in seen.items()}


def sentences(text: str) -> list[str]:
    """Sentences of running text; a line end is a space."""
    flat = re.sub(r"(?<=[^\W\d_])-\n(?=[a-z])", "", text)
    return [part.strip() for part in _SENTENCE_END.split(" ".join(flat.split())) if part.strip()]


def listed(parts: list[str], *, last: str = "and") -> str:
    """``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}" if parts else ""
