"""``python -m producers`` does what an operator asks, and fails with one clear line."""

from __future__ import annotations

import pytest

from producers.__main__ import main


def test_a_server_that_does_not_answer_is_one_line_and_exit_code_1(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status", "--url", "redis://127.0.0.1:1/0"]) == 1
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert "redis://127.0.0.1:1/0 does not answer" in said.err


def test_an_unknown_model_type_is_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retrain", "xgbost", "--url", "redis://127.0.0.1:1/0"]) == 1
    assert "use xgboost, lightgbm, nhits, patchtst, ensemble" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["train"], ["promote", "xgboost"], ["status"]])
def test_bad_usage_is_exit_code_2(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLM_REDIS_URL", raising=False)
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
