"""What the arrays of this package are."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray: TypeAlias = NDArray[np.float64]


def as_floats(values: ArrayLike) -> FloatArray:
    """The values as an array of doubles."""
    return np.asarray(values, dtype=np.float64)


def mean_known(values: FloatArray) -> float:
    """The mean of what is not missing; NaN where all is."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else math.nan
