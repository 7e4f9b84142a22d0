"""From pairs to people: records that hang together by pairs of at least a probability are one cluster."""

from __future__ import annotations

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def clusters(pairs: pl.DataFrame, threshold: float) -> pl.DataFrame:
    """Every record that stands in a pair of at least ``threshold``, with the number of its cluster.

    ``pairs`` has the columns left, right, probability. The result has the columns ``record`` and ``cluster``, in the
    order of the clusters, which are numbered from 1 in the order of their first record among the pairs. A record
    without such a pair is alone and is not listed.
    """
    kept = pairs.filter(pl.col("probability") >= threshold)
    both = pl.concat([kept["left"].alias("record"), kept["right"].alias("record")])
    records = both.unique(maintain_order=True).to_frame().with_row_index("node")
    ends = both.to_frame().join(records, on="record", how="left", maintain_order="left")["node"].to_numpy()
    left, right = ends[: kept.height], ends[kept.height :]
    graph = coo_array((np.ones(kept.height, dtype=np.int8), (left, right)), shape=(records.height, records.height))
    _, component = connected_components(graph, directed=False)
    _, first = np.unique(component, return_index=True)
    number = np.empty(len(first), dtype=np.int64)
    number[np.argsort(first, kind="stable")] = np.arange(1, len(first) + 1)
    found = records.select("record").with_columns(
        cluster=pl.Series(number[component] if len(first) else [], dtype=pl.Int64)
    )
    return found.sort("cluster", maintain_order=True)
