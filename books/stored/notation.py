"""How formulas and tables stand in a text: LaTeX between dollars, and rows of Markdown. Pure."""

from __future__ import annotations

import logging
import re
from functools import cache
from typing import Any, Final

# A dollar before a price is none: inside, a formula neither begins nor ends with a space, and no digit follows it.
FORMULA: Final = re.compile(r"\$(?![\s$])((?:\\.|[^$\\\n]){0,400}?[^\s$\\]|\\.)\$(?!\d)")
TABLE_ROW: Final = re.compile(r"^\s*\|.*\|\s*$", re.MULTILINE)
# More braces inside each other than that are no formula; the parser would go as deep.
MOST_BRACES: Final = 20


def plain(text: str) -> str:
    """``text`` with its formulas in a line of signs, for what shows no LaTeX and for comparing: "3/4 x ≤ 5"."""
    return FORMULA.sub(lambda found: _in_signs(found[1]), text) if "$" in text else text


def _in_signs(formula: str) -> str:
    if formula.count("{") > MOST_BRACES:
        return formula
    try:
        signs = " ".join(_converter().latex_to_text(re.sub(r"\\[dtc]frac", r"\\frac", formula)).split())
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):  # of what is no LaTeX after all
        return formula
    return signs or formula


@cache
def _converter() -> Any:
    """Imported where there is a formula: most processes never meet one."""
    from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)  # it would log what it cannot read
    known = get_default_latex_context_db()
    known.add_context_category("fractions", macros=[MacroTextSpec("frac", simplify_repl=_fraction)], prepend=True)
    return LatexNodes2Text(latex_context=known, math_mode="text", keep_comments=True)


def _fraction(node: Any, l2tobj: Any) -> str:
    parts = [l2tobj.nodelist_to_text([each]).strip() for each in node.nodeargd.argnlist if each is not None]
    return " / ".join(part if part.isalnum() else f"({part})" for part in parts).replace(" / ", "/")
