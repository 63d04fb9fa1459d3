"""A trainer that makes a network's fit once, for the network itself and for an ensemble that it is in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.stream.meter import cpu_seconds
from clm.learning.fitted import Fitted
from clm.learning.guide import Guide
from clm.learning.rows import Rows
from clm.learning.trainer import NETWORKS, NativeTrainer
from clm.model import ModelType


class RememberingTrainer(NativeTrainer):
    """For fits of one frame; boosters inside an ensemble are checked on fewer rows and fitted anew."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._fits: dict[tuple[ModelType, str], tuple[Fitted, float]] = {}
        self.saved_s = 0.0  # CPU seconds of fits that were remembered

    def _model(self, model_type: ModelType, rows: Rows, params: Mapping[str, Any], guide: Guide) -> Fitted:
        if model_type not in NETWORKS:
            return super()._model(model_type, rows, params, guide)
        key = model_type, rows.digest
        if key in self._fits:
            self.saved_s += self._fits[key][1]
        else:
            since = cpu_seconds()
            made = super()._model(model_type, rows, params, guide)
            self._fits[key] = made, cpu_seconds() - since
        return self._fits[key][0]
