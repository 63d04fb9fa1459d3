"""A data client knows nothing of what closes after its moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from clm.data.parquet import ParquetDataClient, read_bars
from clm.data.synthetic import synthetic_bars
from clm.errors import ConfigurationError, InsufficientData

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2024, 1, 1, tzinfo=UTC)
BARS = synthetic_bars(("A", "B"), 72, seed=1, bar_seconds=3600)
NOON = MIDNIGHT + 36 * HOUR
CLIENT = ParquetDataClient(BARS, 3600)


def closes(bars: pd.DataFrame) -> list[datetime]:
    return sorted({each.to_pydatetime() + HOUR for each in bars["timestamp"]})


def test_without_a_moment_everything_is_known() -> None:
    assert CLIENT.as_of == MIDNIGHT + 72 * HOUR
    assert len(CLIENT.load_recent_data(30)) == 144


def test_no_bar_that_closes_later_is_ever_returned() -> None:
    bound = CLIENT.bound(NOON)
    everything = (
        bound.load_recent_data(30),
        bound.load_validation_data(30),
        bound.load_training_data(MIDNIGHT - HOUR, MIDNIGHT + 72 * HOUR),
    )
    assert {max(closes(bars)) for bars in everything} == {NOON}
    assert {len(bars) for bars in everything} == {72}


@pytest.mark.parametrize(("late", "seen"), [(timedelta(), True), (timedelta(microseconds=1), False)])
def test_a_planted_bar_is_seen_only_once_it_has_closed(late: timedelta, seen: bool) -> None:
    planted = BARS[:1].assign(symbol="PLANTED", timestamp=NOON - HOUR + late)
    bound = ParquetDataClient(pd.concat([BARS, planted]), 3600, NOON)
    assert ("PLANTED" in set(bound.load_recent_data(30)["symbol"])) is seen


def test_days_count_back_from_the_moment_the_first_one_excluded() -> None:
    recent = closes(CLIENT.bound(NOON).load_recent_data(1))
    assert (recent[0], recent[-1], len(recent)) == (NOON - 23 * HOUR, NOON, 24)


def test_a_range_excludes_its_start_and_includes_its_end() -> None:
    found = closes(CLIENT.load_training_data(MIDNIGHT + HOUR, MIDNIGHT + 3 * HOUR))
    assert found == [MIDNIGHT + 2 * HOUR, MIDNIGHT + 3 * HOUR]


def test_bound_clients_share_the_table() -> None:
    assert CLIENT.bound(NOON).bars is CLIENT.bars


def test_a_time_before_the_first_bar_has_no_data() -> None:
    with pytest.raises(InsufficientData, match="in the 7 days before 2023-12-31"):
        CLIENT.bound(MIDNIGHT - HOUR).load_recent_data(7)


@pytest.mark.parametrize("name", ["bars.parquet", "bars.csv", "bars.csv.gz"])
def test_a_file_is_read_as_it_was_written(tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    BARS.to_csv(place, index=False) if ".csv" in name else BARS.to_parquet(place)
    pd.testing.assert_frame_equal(read_bars(place), BARS, check_exact=False, check_dtype=False)


def test_symbols_can_be_picked(tmp_path: Path) -> None:
    BARS.to_parquet(tmp_path / "bars.parquet")
    client = ParquetDataClient.open(tmp_path / "bars.parquet", 3600, ["B"])
    assert set(client.bars["symbol"]) == {"B"}
    with pytest.raises(ConfigurationError, match="no bars of C"):
        ParquetDataClient.open(tmp_path / "bars.parquet", 3600, ["C"])


def test_a_file_that_is_none_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "bars.parquet").write_bytes(b"garbage")
    with pytest.raises(ConfigurationError, match=r"bars\.parquet cannot be read"):
        read_bars(tmp_path / "bars.parquet")
    with pytest.raises(ConfigurationError, match="does not exist"):
        read_bars(tmp_path / "none.parquet")
