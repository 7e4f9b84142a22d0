"""Records that may be one person: learnt weights, a whole list scored and clustered, two records compared.

Pure: tables and values in and out. Nothing here knows a file of the user, a database of the office or a screen;
DuckDB runs inside the process, in memory.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

from streha.engine.linkage.evidence import LEAST_ROWS, Evidence, Field, compare, compare_features, weigh
from streha.engine.linkage.features import Company, Features, feature, label, member_key, of_record
from streha.engine.linkage.model import (
    Column,
    Comparison,
    Frequencies,
    Kind,
    Level,
    Model,
    Spec,
    Spelling,
    Thresholds,
    Training,
    bits,
    from_plain,
    probability,
    register,
    to_plain,
)

if TYPE_CHECKING:
    from streha.engine.linkage.clustering import clusters
    from streha.engine.linkage.frames import of_frame
    from streha.engine.linkage.learning import learn
    from streha.engine.linkage.scoring import Among, score, score_features

__all__ = [
    "LEAST_ROWS",
    "Among",
    "Column",
    "Company",
    "Comparison",
    "Evidence",
    "Features",
    "Field",
    "Frequencies",
    "Kind",
    "Level",
    "Model",
    "Spec",
    "Spelling",
    "Thresholds",
    "Training",
    "bits",
    "clusters",
    "compare",
    "compare_features",
    "feature",
    "from_plain",
    "label",
    "learn",
    "member_key",
    "of_frame",
    "of_record",
    "probability",
    "register",
    "score",
    "score_features",
    "to_plain",
    "weigh",
]

# What works on whole lists stands on libraries that take half a second to load: a page or a command that compares no
# list does not wait for them.
_WHOLE_LISTS: Final = {
    "clusters": "clustering",
    "of_frame": "frames",
    "learn": "learning",
    "Among": "scoring",
    "score": "scoring",
    "score_features": "scoring",
}


def __getattr__(name: str) -> Any:
    if name not in _WHOLE_LISTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_WHOLE_LISTS[name]}"), name)
    globals()[name] = found
    return found
