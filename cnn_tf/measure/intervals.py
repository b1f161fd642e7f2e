"""Numbers by seed -> mean, deviation, and the 95 % interval of the mean."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

# Quantiles 0.975 of Student's t for 1, 2, 3, ... degrees of freedom.
_T = (
  (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
  + (2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086)
  + (2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)
)


class Interval(NamedTuple):
  """The mean of n values, and where the true mean is with 95 % confidence."""

  mean: float
  deviation: float  # the standard deviation of single values; NaN for n = 1
  low: float
  high: float


def describe(values: Sequence[float]) -> Interval:
  """The interval `mean ± t * deviation / sqrt(n)`; NaN for a single value."""
  mean, n = statistics.fmean(values), len(values)
  if n == 1:
    return Interval(mean, math.nan, math.nan, math.nan)
  deviation = statistics.stdev(values)
  half = _quantile(n - 1) * deviation / math.sqrt(n)
  return Interval(mean, deviation, mean - half, mean + half)


def difference(values: Sequence[float], others: Sequence[float]) -> Interval:
  """The interval of the mean of `values - others`, paired by seed.

  What a seed changes in both alike does not widen it.
  """
  pairs = zip(values, others, strict=True)
  return describe([value - other for value, other in pairs])


def spread(values: Sequence[float], digits: int = 2) -> str:
  """Values by seed -> `mean ± half of its 95 % interval`, or a single value."""
  found = describe([float(value) for value in values])
  mean = f'{found.mean:.{digits}f}'
  if len(values) < 2:
    return mean
  return f'{mean} ± {found.high - found.mean:.{digits}f}'


def percent(shares: Sequence[float], digits: int = 2) -> str:
  """`spread` of fractions of 1, in percent."""
  return spread([100 * share for share in shares], digits)


def _quantile(freedom):
  # Above 30 degrees of freedom, the quantile of 30 is used: intervals are then
  # 0.04 to 4 % too wide.
  return _T[min(freedom, len(_T)) - 1]
