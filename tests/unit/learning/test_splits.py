"""On a real training frame nothing that a fit sees is known only after the hold-out begins."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from clm.learning.frames import predict_rows
from clm.learning.trainer import NativeTrainer
from clm.steps.splits import Split, split_frame
from tests.unit.learning.market import BOOSTER, bars, engineer


def leaks(parts: Split) -> int:
    """Rows of the fit whose target needs a held-out bar."""
    begins = parts.holdout.loc[parts.holdout["scored"], "at"].min()
    return int((parts.train["matures_at"] >= begins).sum())


@pytest.mark.parametrize("horizon", [1, 5])
def test_no_training_target_reaches_into_the_hold_out(horizon: int) -> None:
    parts = split_frame(engineer(horizon=horizon).transform(bars()), 0.2, horizon)
    assert leaks(parts) == 0
    assert len(parts.train) + horizon * 2 + parts.holdout["scored"].sum() == pytest.approx(len(parts.all), abs=2)


def test_a_planted_leak_is_caught() -> None:
    parts = split_frame(engineer(horizon=5).transform(bars()), 0.2, 5)
    unpurged = parts.all[~parts.all.index.isin(parts.holdout.index[parts.holdout["scored"]])]
    assert leaks(Split(unpurged, parts.holdout, parts.all, 5)) > 0


def test_the_future_of_a_hold_out_does_not_change_the_fit() -> None:
    made = engineer(horizon=3).transform(bars())
    begins = split_frame(made, 0.2, 3).holdout.query("scored")["at"].min()
    other = bars().assign(close=bars()["close"].where(bars()["timestamp"] < pd.Timestamp(begins, unit="us", tz="UTC"), 1.0))
    fits = [
        NativeTrainer(engineer(horizon=3)).train_lightgbm(split_frame(each, 0.2, 3).train, BOOSTER)
        for each in (made, engineer(horizon=3).transform(other))
    ]
    assert fits[0].data_digest == fits[1].data_digest
    mask = np.ones(len(made), bool)
    assert np.array_equal(*(predict_rows(fit, made, mask) for fit in fits))
