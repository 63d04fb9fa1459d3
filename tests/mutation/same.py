"""Changes that decide nothing, by the line and the change, each with the reason."""

from __future__ import annotations

SAME: dict[tuple[str, str], str] = {
    (
        "def update(self, label: str, confidence: float = 1.0, hour: int | None = None) -> str:",
        "1.0 -> 1.1",
    ): "it is cut to 1",
    ("SMALL = 1e-9", "1e-09 -> 1.1000000000000001e-09"): "weights are only scaled anew a little sooner",
}
