"""Names of people and places across Albanian, Serbian and their neighbours: respelling, search keys, comparison.

Pure functions on text. Nothing here knows a database, a language of the screen, or a person.
"""

from streha.engine.names.alphabets import albanian_in_serbian, script_of, serbian_in_albanian, transliterate
from streha.engine.names.folding import fold
from streha.engine.names.grading import Comparison, grade
from streha.engine.names.searching import search_keys, search_prefixes, spellings
from streha.engine.names.wordmatch import Grade
from streha.engine.names.words import keys, place_key, sort_key, tokens

__all__ = [
    "Comparison",
    "Grade",
    "albanian_in_serbian",
    "fold",
    "grade",
    "keys",
    "place_key",
    "script_of",
    "search_keys",
    "search_prefixes",
    "serbian_in_albanian",
    "sort_key",
    "spellings",
    "tokens",
    "transliterate",
]
