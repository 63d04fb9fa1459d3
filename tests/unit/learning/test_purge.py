"""Whatever happens in the held-out bars, the fit that is judged on them learns from the same rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from clm.data.synthetic import synthetic_bars
from clm.learning.features import TechnicalFeatures
from clm.learning.targets import Target
from clm.steps.splits import Split, split_frame

BARS, HELD_OUT, HORIZON = 700, 140, 3
SHAPE = TechnicalFeatures(Target("log_range", HORIZON), 3600)
PRICES = ["open", "high", "low", "close", "volume"]


def parts(seed: int | None) -> Split:
    """Two symbols; with a seed the held-out bars are another market's."""
    bars = synthetic_bars(["A", "B"], BARS, seed=1, bar_seconds=3600)
    if seed is not None:
        others = synthetic_bars(["A", "B"], BARS, seed=seed, bar_seconds=3600)
        late = bars.groupby("symbol").cumcount() >= BARS - HELD_OUT - HORIZON
        bars.loc[late, PRICES] = 2.0 * others.loc[late, PRICES]
    return split_frame(SHAPE.transform(bars), HELD_OUT / (BARS - HORIZON), HORIZON)


def test_a_held_out_bar_reaches_no_feature_and_no_target_of_the_training_rows() -> None:
    one, other = parts(None), parts(7)
    pd.testing.assert_frame_equal(one.train, other.train)
    held = [each.holdout.loc[each.holdout["scored"], "target"].to_numpy() for each in (one, other)]
    assert np.mean(held[0] != held[1]) > 0.9
