"""Words that say nothing of a page's subject: grammar in five languages, and the schoolbook's own talk."""

from __future__ import annotations


def word_set(*texts: str) -> frozenset[str]:
    return frozenset(word for text in texts for word in text.split())


_ENGLISH = """
    a about above across after again against all almost also although always am among an and another any are
    around as at away back be became because become been before began being below best better between both but
    by came can cannot come could did different do does done down during each either else enough even ever
    every example few find first five for four from gave get give given go good great had has have he help her
    here high him himself his how however i if in instead into is it its itself just keep kind know known
    large last later least left less let let's like little long look made make makes making many may me means
    might more most much must my named near need never new next no nor not nothing now of off often old on
    once one ones only or other others our out over own page part people per place put rather really right
    said same saw say second see seen she should show shown shows side simply since small so some something
    soon still such take taken than that the their them themselves then there these they thing things this
    those though three through thus time times to today together too took toward two under until up upon us
    use used uses using very was way ways we well went were what when where whether which while who whole
    whose why will with within without word words work would year years yet you your yours
"""
_SPANISH = """
    al algo algunas algunos ante antes aquel así aun aunque bajo bien cada casi como con contra cual cuales
    cuando de del desde donde dos durante e el ella ellas ellos en entre era eran eres es esa ese eso esta
    estaba estaban estado estar este esto estos está están fue fueron ha había hace hacia han hasta hay la las
    le les lo los luego mas me menos mi mientras muchas mucho muchos muy más nada ni no nos nosotros o otra
    otras otro otros para pero poco por porque primera primero pues que quien qué se sea según ser si sido sin
    sino sobre solo son su sus sí también tan tanto te tiene tienen toda todas todo todos tres tu un una unas
    uno unos varios veces y ya yo
"""
_OTHERS = """
    au aux avec ce ces cette comme dans des du elle elles est et être il ils je leur leurs mais même nous ou
    où par pas plus pour qui sont sur une vous als auf aus bei das dass dem den der des die durch ein eine
    einem einen einer er für hat ich im ist kann mit nach nicht oder sich sie sind über um und von vor war
    werden wie wir wird zu zum zur às com da das dos ele ela em foi mais mas na nas não no nos num ou pela
    pelo são sua suas também um uma
"""
_BOOKISH = """
    chapter chapters unit lesson section sections module figure table exercise exercises answer answers
    solution solutions question questions review practice activity objective objectives learning able end try
    missed problem problems quiz readiness started key terms term summary introduction example examples
    capítulo lección unidad ejercicios following called learn begin ready notice remember suppose describe
    explain read write written consider includes include including involve different result results point
    start starts careful mistake mistakes common confuse important identify use understand use study studied
    various several particular represents represent let six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety
    hundred thousand
"""

STOPWORDS = word_set(_ENGLISH, _SPANISH, _OTHERS)
# Numerals and the words of tasks and headings, which stand on every page of a schoolbook.
BOOKISH = word_set(_BOOKISH)
