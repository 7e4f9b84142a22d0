"""The worked examples of docs/methods/linkage.md: records, and their rows as the page shows them."""

from __future__ import annotations

from streha.engine import linkage
from streha.engine.linkage import Company

ROWS = 100_000
XHEVDET = {
    "given": "Xhevdet",
    "father": "Agim",
    "family": "Hoxha",
    "sex": "m",
    "birth_date": "1984-03-08",
    "birth_precision": "day",
    "municipality": "Pejë",
    "identifier": "9111222333",
    "household": Company(("drita:1986", "arben:2009"), "a"),
}
AGAIN = {
    "given": "Џевдет",
    "family": "Хоџа",
    "sex": "m",
    "birth_date": "1984-08-03",
    "birth_precision": "day",
    "municipality": "Peja",
    "phone": "+383 44 012 345",
    "household": Company(("drita:1986",), "b"),
}
NAMESAKE = {
    "given": "Xhevdet",
    "father": "Besim",
    "family": "Hoxha",
    "sex": "m",
    "birth_date": "1984-11-20",
    "birth_precision": "day",
    "municipality": "Pejë",
    "identifier": "9444555666",
}
EXAMPLES = {"again": (XHEVDET, AGAIN), "namesake": (XHEVDET, NAMESAKE)}


def rows(example: str) -> list[str]:
    """The table of an example, row by row."""
    one, other = EXAMPLES[example]
    found = linkage.compare(one, other, linkage.register(), rows=ROWS)
    lines = [f"| before anything is compared, among {ROWS:,} | | {found.prior:+.2f} |"]
    for field in found.fields:
        why = f" ({'; '.join(field.reasons)})" if field.reasons else ""
        lines.append(f"| {field.column.replace('_', ' ')} | {field.words}{why} | {field.bits:+.2f} |")
    lines.append(f"| **together** | probability {found.probability:.6f} | **{found.bits:+.2f}** |")
    return lines
