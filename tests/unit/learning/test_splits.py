"""On a real training frame nothing that a fit sees is known only after the hold-out begins."""

from __future__ import annotations

import pandas as pd
import pytest

from clm.data.synthetic import synthetic_bars
from clm.learning.bundle import pack
from clm.learning.trainer import NativeTrainer
from clm.steps.splits import Split, split_frame
from tests.unit.learning.market import BOOSTER, HOUR, bars, engineer


def leaks(parts: Split) -> int:
    """Rows of the fit whose target needs a held-out bar."""
    begins = parts.holdout.loc[parts.holdout["scored"], "at"].min()
    return int((parts.train["matures_at"] >= begins).sum())


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_training_target_reaches_into_the_hold_out(horizon: int) -> None:
    parts = split_frame(engineer(horizon=horizon).transform(bars()), 0.2, horizon)
    assert leaks(parts) == 0


def test_a_planted_leak_is_caught() -> None:
    parts = split_frame(engineer(horizon=5).transform(bars()), 0.2, 5)
    unpurged = parts.all[~parts.all.index.isin(parts.holdout.index[parts.holdout["scored"]])]
    assert leaks(Split(unpurged, parts.holdout, parts.all, 5)) > 0


def test_the_bars_of_the_hold_out_do_not_change_the_fit() -> None:
    begins = split_frame(engineer(horizon=3).transform(bars()), 0.2, 3).holdout.query("scored")["at"].min()
    held_out = bars()["timestamp"] >= pd.Timestamp(begins, unit="us", tz="UTC") - pd.Timedelta(hours=1)
    other = pd.concat([bars()[~held_out], synthetic_bars(("A", "B"), 300, 2, HOUR)[held_out]])
    fits = [
        NativeTrainer(engineer(horizon=3)).train_lightgbm(
            split_frame(engineer(horizon=3).transform(each), 0.2, 3).train, BOOSTER
        )
        for each in (bars(), other)
    ]
    assert pack(fits[0]) == pack(fits[1])
