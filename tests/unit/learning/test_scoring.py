"""A candidate is scored on the rows that the trader published, the same in whatever company."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from clm.errors import CorruptArtifact, MissingFeatures
from clm.events import InputRow
from clm.learning import scoring
from clm.learning.blocks import predict_block
from clm.learning.bundle import Bundle, pack
from clm.learning.frames import predict_rows
from clm.learning.scoring import BundleScorer
from clm.learning.trainer import NativeTrainer
from clm.scope import Scope
from clm.store.artifact_store import MemoryArtifactStore
from clm.store.event_log import StreamInputLog
from clm.store.keys import Keys
from clm.store.memory_keyspace import MemoryKeyspace
from tests.unit.learning.market import PARAMS, engineer, frame

COLUMNS = tuple(engineer().get_feature_names())
SCHEMA = engineer().schema
ROWS = frame()[frame()["symbol"] == "A"].reset_index(drop=True)
X = ROWS[list(COLUMNS)].to_numpy("<f4")
AT = ROWS["at"].tolist()


@cache
def fitted(name: str) -> Bundle:
    return getattr(NativeTrainer(engineer()), f"train_{name}")(frame(), PARAMS[name])


class Live:
    """A scope with its inputs stream and bundles, in memory."""

    def __init__(self, **schemas: tuple[str, ...]) -> None:
        self.inputs = StreamInputLog(MemoryKeyspace(), Keys("default"))
        self.artifacts = MemoryArtifactStore()
        self.score = BundleScorer(self.artifacts, self.inputs, Scope(schemas=schemas))

    def publish(self, *rows: int, x: np.ndarray = X, schema: str = SCHEMA) -> None:
        for k in rows:
            self.inputs.append(InputRow("A", AT[k], schema, x[k].tobytes()))


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "nhits", "patchtst"])
def test_a_row_is_scored_as_its_model_would_alone(name: str) -> None:
    live, model = Live(), fitted(name)
    sha256 = live.artifacts.put(pack(model))
    live.publish(*range(200, 260))
    window = X[260 - model.input_size : 260]
    assert live.score(sha256, "A", AT[259]) == predict_block(model, window[None])[0]


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "nhits", "patchtst"])
def test_a_score_is_the_same_alone_and_among_those_that_were_published_after_it(name: str) -> None:
    together, alone = Live(), Live()
    sha256 = together.artifacts.put(pack(fitted(name)))
    alone.artifacts.put(pack(fitted(name)))
    together.publish(*range(200))
    for k in range(200):
        alone.publish(k)
        assert together.score(sha256, "A", AT[k]) == alone.score(sha256, "A", AT[k])


def test_the_rows_behind_the_one_that_is_asked_for_are_scored_in_the_same_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live, calls = Live(), []
    said = lambda _, windows: calls.append(len(windows)) or np.zeros(len(windows))
    monkeypatch.setattr(scoring, "predict_block", said)
    sha256 = live.artifacts.put(pack(fitted("lightgbm")))
    live.publish(*range(100))
    for k in range(10, 100):
        assert live.score(sha256, "A", AT[k]) == 0
    assert calls == [64, 26]


def test_rows_are_not_scored_together_where_that_would_change_their_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live, calls = Live(), []
    said = lambda _, windows: calls.append(len(windows)) or np.zeros(len(windows))
    monkeypatch.setattr(scoring, "predict_block", said)
    monkeypatch.setattr(scoring, "steady", lambda _: False)
    live.publish(*range(20))
    live.score(live.artifacts.put(pack(fitted("nhits"))), "A", AT[10])
    assert calls == [1]


def test_networks_see_the_rows_of_the_frame_they_were_trained_on() -> None:
    live, model = Live(), fitted("nhits")
    live.publish(*range(300))
    last = predict_rows(model, ROWS, np.arange(len(ROWS)) == 299)[0]
    assert live.score(live.artifacts.put(pack(model)), "A", AT[299]) == pytest.approx(last, abs=1e-6)


def test_a_history_that_is_too_short_or_unknown_is_none() -> None:
    live = Live()
    sha256 = live.artifacts.put(pack(fitted("nhits")))
    live.publish(*range(100, 107))
    assert live.score(sha256, "A", AT[106]) is None  # seven rows, eight are needed
    assert live.score(sha256, "B", AT[106]) is None
    live.publish(107)
    assert live.score(sha256, "A", AT[107]) is not None


def test_having_read_ahead_changes_no_score() -> None:
    scores = []
    for rows in (range(110), range(300)):
        live = Live()
        live.publish(*rows)
        scores.append(live.score(live.artifacts.put(pack(fitted("patchtst"))), "A", AT[109]))
    assert scores[0] == scores[1]


def test_a_network_that_sees_no_number_says_so() -> None:
    live, unknown = Live(), np.full_like(X, np.nan)
    live.publish(*range(8), x=unknown)
    assert np.isnan(live.score(live.artifacts.put(pack(fitted("nhits"))), "A", AT[7]))


def test_columns_are_found_by_name_in_a_wider_schema() -> None:
    wide = ("extra", *COLUMNS[::-1])
    live = Live(wide=wide)
    live.publish(150, x=np.column_stack([np.zeros(len(X), "<f4"), X[:, ::-1]]), schema="wide")
    expected = fitted("lightgbm").predict(X[150][None, None])[0]
    assert live.score(live.artifacts.put(pack(fitted("lightgbm"))), "A", AT[150]) == expected


def test_a_column_that_live_rows_lack_is_named() -> None:
    live = Live(narrow=COLUMNS[1:])
    live.publish(150, x=np.ascontiguousarray(X[:, 1:]), schema="narrow")
    with pytest.raises(MissingFeatures, match=f"needs {COLUMNS[0]}, which rows of schema narrow"):
        live.score(live.artifacts.put(pack(fitted("lightgbm"))), "A", AT[150])


def test_a_bundle_that_is_none_is_refused() -> None:
    live = Live()
    with pytest.raises(CorruptArtifact):
        live.score(live.artifacts.put(b"garbage"), "A", AT[0])
