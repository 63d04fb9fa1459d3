"""A matrix comes back bit by bit, is made once however many ask, and again when its file is damaged."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from clm.errors import CorruptArtifact
from clm.store.matrix_store import DirectoryMatrices, packed, unpacked

NAME = "ab" * 32


def frame(rows: int = 3) -> pd.DataFrame:
    at = pd.date_range("2024-01-01", periods=rows, freq="h", tz="UTC").as_unit("us")
    return pd.DataFrame(
        {
            "symbol": pd.Series(["AAA", "BBB", "ÄÖÜ"] * rows, dtype="str")[:rows],
            "timestamp": at,
            "at": np.arange(rows),
            "x": np.array([0.1, np.nan, -0.0] * rows, dtype=np.float32)[:rows],
            "target": np.array([1 / 3, np.inf, -np.nan] * rows)[:rows],
        }
    )


class Maker:
    """Makes a frame and counts how often."""

    def __init__(self, wait: threading.Event | None = None) -> None:
        self.made, self._wait = 0, wait

    def __call__(self) -> pd.DataFrame:
        self.made += 1
        if self._wait is not None:
            assert self._wait.wait(10)
        return frame()


def test_a_frame_comes_back_bit_by_bit() -> None:
    back = unpacked(packed(frame()))
    assert_frame_equal(back, frame())
    for name in ("x", "target"):
        assert back[name].to_numpy().tobytes() == frame()[name].to_numpy().tobytes()


def test_a_frame_of_anything_but_numbers_times_and_text_is_refused() -> None:
    with pytest.raises(ValueError, match="column thing of a matrix is object"):
        packed(pd.DataFrame({"thing": [object()]}))


def test_a_matrix_is_made_once(tmp_path: Path) -> None:
    make = Maker()
    for worker in (DirectoryMatrices(tmp_path), DirectoryMatrices(tmp_path)):
        assert_frame_equal(worker.held(NAME, make), frame())
    assert make.made == 1


def test_who_asks_while_a_matrix_is_made_waits_for_it(tmp_path: Path) -> None:
    go = threading.Event()
    make = Maker(go)
    askers = [threading.Thread(target=DirectoryMatrices(tmp_path).held, args=(NAME, make)) for _ in range(3)]
    for asker in askers:
        asker.start()
    go.set()
    for asker in askers:
        asker.join(10)
    assert make.made == 1


def test_a_frozen_maker_holds_nobody_up(tmp_path: Path) -> None:
    frozen, go = Maker(wait := threading.Event()), Maker()
    maker = threading.Thread(target=DirectoryMatrices(tmp_path).held, args=(NAME, frozen))
    maker.start()
    while not frozen.made:
        time.sleep(0.001)
    assert_frame_equal(DirectoryMatrices(tmp_path, patience_s=0.05).held(NAME, go), frame())
    assert (go.made, list(tmp_path.glob("*.matrix"))) == (1, [])  # the file stays the frozen one's to write
    wait.set()
    maker.join(10)
    DirectoryMatrices(tmp_path).held(NAME, go)
    assert go.made == 1


@pytest.mark.parametrize("place", [0, 40, 500, -1], ids=["hash", "header", "numbers", "end"])
def test_a_flipped_bit_anywhere_is_noticed(place: int) -> None:
    data = bytearray(packed(frame()))
    data[place] ^= 1
    with pytest.raises(CorruptArtifact):
        unpacked(bytes(data))


@pytest.mark.parametrize("keep", [0, 10, 300], ids=["empty", "hash cut", "half"])
def test_a_half_written_matrix_is_made_again(tmp_path: Path, keep: int) -> None:
    make, matrices = Maker(), DirectoryMatrices(tmp_path)
    (tmp_path / f"{NAME}.matrix").write_bytes(packed(frame())[:keep])
    assert_frame_equal(matrices.held(NAME, make), frame())
    matrices.held(NAME, make)
    assert make.made == 1


def test_a_matrix_that_cannot_be_written_costs_no_training(tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.part").mkdir()
    assert_frame_equal(DirectoryMatrices(tmp_path).held(NAME, frame), frame())


def test_those_used_last_are_kept(tmp_path: Path) -> None:
    import os

    matrices, names = DirectoryMatrices(tmp_path, kept=2), [f"{number:064x}" for number in range(4)]
    for age, name in enumerate(names[:3]):
        matrices.held(name, frame)
        os.utime(tmp_path / f"{name}.matrix", (age, age))
    matrices.held(names[3], frame)
    assert {each.stem for each in tmp_path.glob("*.matrix")} == set(names[2:])
