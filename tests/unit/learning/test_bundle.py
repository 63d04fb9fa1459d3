"""A bundle is the same bytes for the same training, holds no pickle, and forecasts the same bits again."""

from __future__ import annotations

import io
import pickletools
import subprocess
import sys
import zipfile
from functools import cache

import numpy as np
import pytest

from clm.errors import CorruptArtifact
from clm.learning.bundle import Bundle, pack, unpack
from clm.learning.frames import predict_rows
from clm.learning.trainer import NativeTrainer
from clm.model import ModelType
from tests.unit.learning.market import PARAMS, engineer, frame

EVERY = pytest.mark.parametrize("name", [each.value for each in ModelType])


@cache
def fitted(name: str) -> Bundle:
    return getattr(NativeTrainer(engineer()), f"train_{name}")(frame(), PARAMS[name])


@EVERY
def test_it_comes_back_bit_for_bit(name: str) -> None:
    again, mask = unpack(pack(fitted(name))), np.ones(len(frame()), bool)
    value = predict_rows(fitted(name), frame(), mask)
    assert np.array_equal(predict_rows(again, frame(), mask), value, equal_nan=True)
    assert np.isfinite(value).any()
    assert again.facts() == fitted(name).facts()


@EVERY
def test_the_same_training_gives_the_same_bytes(name: str) -> None:
    again = getattr(NativeTrainer(engineer()), f"train_{name}")(frame(), PARAMS[name])
    assert pack(again) == pack(fitted(name)) == pack(unpack(pack(fitted(name))))


@EVERY
def test_nothing_in_it_is_a_pickle(name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(pack(fitted(name)))) as box:
        assert [info.compress_type for info in box.infolist()] == [zipfile.ZIP_STORED] * 2
        for info in box.infolist():
            with pytest.raises((ValueError, IndexError)):
                list(pickletools.genops(box.read(info)))


def test_it_says_which_library_fitted_it() -> None:
    import lightgbm

    assert fitted("lightgbm").libraries == {"lightgbm": lightgbm.__version__}
    assert set(fitted("nhits").libraries) == {"neuralforecast", "torch"}


def zipped(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as box:
        for name, text in files.items():
            box.writestr(name.replace("_", "."), text)
    return buffer.getvalue()


BROKEN = ("{", "{}", '{"format": "9"}')


@pytest.mark.parametrize(
    "data", [b"", b"garbage", zipped(other_txt=""), *(zipped(manifest_json=text) for text in BROKEN)]
)
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(CorruptArtifact):
        unpack(data)


def test_a_flipped_bit_of_the_weights_is_noticed() -> None:
    data = bytearray(pack(fitted("lightgbm")))
    data[data.index(b"leaf_value")] ^= 1
    with pytest.raises(CorruptArtifact):
        unpack(bytes(data))


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("xgboost", "xgboost", "trees"), ("nhits", "torch", "neural")]
)
def test_a_missing_library_is_named_with_its_extra(name: str, module: str, extra: str) -> None:
    code = f"""
import sys
sys.modules["{module}"] = None
from clm.errors import MissingLibrary
from clm.learning.bundle import unpack
try:
    unpack(sys.stdin.buffer.read())
except MissingLibrary as error:
    print(error)
"""
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, input=pack(fitted(name)), capture_output=True, check=False)
    assert f"continuous-learning-manager[{extra}]".encode() in run.stdout, run.stderr
