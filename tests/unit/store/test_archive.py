"""An archive holds every entry once, whoever was killed while it was written."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from pyarrow import parquet

from clm.events import DAY, InputRow, Outcome, Prediction
from clm.ports import Entry
from clm.store.archive import StreamArchive
from clm.store.archive_files import ArchiveFiles, LocalFiles, files_at
from clm.store.batch import encode_batches
from clm.store.codec import encode, encode_row

DAY_MS = DAY // 1000
SAID = Prediction(
    p="t", n=3, at=7, model_type="xgboost", version="v1", symbol="AAA", horizon=2, value=1.5, naive=0.5
)
GARBAGE = Entry("5-2", b"\xc1")


@pytest.fixture(params=["disk", "store"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> ArchiveFiles:
    return files_at(str(tmp_path) if request.param == "disk" else f"memory://{tmp_path.name}")


@pytest.fixture
def archive(files: ArchiveFiles) -> StreamArchive:
    return StreamArchive(files, "us")


def entries(*ids: str) -> list[Entry]:
    return [Entry(name, name.encode()) for name in ids]


def all_of(archive: StreamArchive, count: int = 2) -> list[str]:
    found, after = [], "0-0"
    while page := archive.read("events", after, count):
        found += [entry.id for entry in page]
        after = page[-1].id
    return found


def test_what_was_kept_comes_back_byte_for_byte_and_in_order(archive: StreamArchive) -> None:
    archive.keep("events", [Entry("9-0", bytes(range(256))), Entry("9-1", b"")])
    archive.keep("events", entries("10-0"))
    assert archive.read("events", "0-0") == [Entry("9-0", bytes(range(256))), Entry("9-1", b"")]
    assert all_of(archive) == ["9-0", "9-1", "10-0"]
    assert (archive.last_id("events"), archive.last_id("inputs")) == ("10-0", "0-0")


def test_a_scope_does_not_see_another_ones_entries(archive: StreamArchive, files: ArchiveFiles) -> None:
    archive.keep("events", entries("1-0"))
    assert StreamArchive(files, "us-daily").last_id("events") == "0-0"


def test_files_that_overlap_give_each_entry_once(archive: StreamArchive) -> None:
    archive.keep("events", entries("1-0", "2-0", "3-0"))
    archive.keep("events", entries("1-0", "2-0", "3-0", "4-0"))
    archive.keep("events", entries("2-0", "3-0"))
    assert all_of(archive) == ["1-0", "2-0", "3-0", "4-0"]


def test_a_file_is_found_by_the_day_of_its_entries(archive: StreamArchive, files: ArchiveFiles) -> None:
    archive.keep("events", entries(f"{DAY_MS * 365}-0"))
    names = files.names("raw")
    assert names == [f"raw/scope=us/stream=events/date=1971-01-01/{DAY_MS * 365}-0_{DAY_MS * 365}-0.parquet"]


def test_the_flat_table_has_a_row_per_event_and_nothing_of_what_cannot_be_read(
    archive: StreamArchive, tmp_path: Path, files: ArchiveFiles
) -> None:
    met = Outcome(p="t", n=4, at=9, of=("t", 3), value=2.0)
    archive.keep("events", [Entry("5-1", encode(SAID)), GARBAGE, Entry("5-3", encode(met))])
    (name,) = files.names("flat")
    (tmp_path / "flat.parquet").write_bytes(files.read(name))
    first, second = parquet.read_table(tmp_path / "flat.parquet").to_pylist()
    assert first == {
        "entry": "5-1", "row": 0, "kind": "prediction", "p": "t", "n": 3, "at": 7, "model_type": "xgboost",
        "version": "v1", "symbol": "AAA", "horizon": 2, "value": 1.5, "naive": 0.5, "of_p": None,
        "of_n": None,
    }  # fmt: skip
    assert [second[key] for key in ("kind", "of_p", "of_n", "value")] == ["outcome", "t", 3, 2.0]


def test_the_flat_table_has_the_sound_rows_of_a_batch(tmp_path: Path) -> None:
    rows = [SAID, replace(SAID, n=4, value=math.nan), replace(SAID, n=5)]
    (batch,) = encode_batches(rows)
    StreamArchive(LocalFiles(tmp_path), "us").keep("events", [Entry("5-1", batch)])
    (file,) = (tmp_path / "flat").rglob("*.parquet")
    found = parquet.ParquetFile(file).read().to_pylist()
    assert [(row["entry"], row["row"], row["n"]) for row in found] == [("5-1", 0, 3), ("5-1", 2, 5)]


def test_the_flat_table_of_inputs_has_the_numbers(tmp_path: Path) -> None:
    row = InputRow("AAA", 5, "daily", b"\0\0\x80\x3f\0\0\0\xc0")
    StreamArchive(LocalFiles(tmp_path), "us").keep("inputs", [Entry("1-0", encode_row(row))])
    (file,) = (tmp_path / "flat").rglob("*.parquet")
    assert parquet.ParquetFile(file).read().to_pylist() == [
        {"entry": "1-0", "symbol": "AAA", "at": 5, "schema": "daily", "x": [1.0, -2.0]}
    ]


def test_a_flat_file_that_was_never_written_is_made_from_the_raw_one(tmp_path: Path) -> None:
    archive = StreamArchive(LocalFiles(tmp_path), "us")
    archive.keep("events", [Entry("5-1", encode(SAID))])
    (file,) = (tmp_path / "flat").rglob("*.parquet")
    whole = file.read_bytes()
    file.unlink()
    archive.mend()
    assert file.read_bytes() == whole


def test_a_file_that_was_begun_is_no_part_of_the_archive_and_goes(tmp_path: Path) -> None:
    archive = StreamArchive(LocalFiles(tmp_path), "us")
    archive.keep("events", entries("1-0"))
    (file,) = (tmp_path / "raw").rglob("*.parquet")
    begun = file.with_suffix(".part")
    begun.write_bytes(b"half")
    assert all_of(archive) == ["1-0"]
    archive.mend()
    assert not begun.exists()
