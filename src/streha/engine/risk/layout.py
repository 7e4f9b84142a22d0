"""The shapes arrays take inside the risk engine, and how long a block is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 64  # cells of one area in a block: 128 bytes of codes, two cache lines

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Codes = NDArray[np.uint16]
Counts = NDArray[np.uint32]
Index = NDArray[np.int64]
