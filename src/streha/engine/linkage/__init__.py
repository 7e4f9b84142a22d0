"""Records that may be one person: learnt weights, a whole list scored and clustered, two records compared.

Pure: tables and values in and out. Nothing here knows a file of the user, a database of the office or a screen;
DuckDB runs inside the process, in memory.
"""

from streha.engine.linkage.clustering import clusters
from streha.engine.linkage.evidence import Evidence, Field, compare, compare_features, weigh
from streha.engine.linkage.features import Company, Features, feature, member_key, of_record
from streha.engine.linkage.learning import learn
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
    from_plain,
    register,
    to_plain,
)
from streha.engine.linkage.scoring import score

__all__ = [
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
    "clusters",
    "compare",
    "compare_features",
    "feature",
    "from_plain",
    "learn",
    "member_key",
    "of_record",
    "register",
    "score",
    "to_plain",
    "weigh",
]
