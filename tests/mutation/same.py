"""Changes that decide nothing, by the line and the change, each with the reason."""

from __future__ import annotations

SAME: dict[tuple[str, str], str] = {
    (
        "def update(self, label: str, confidence: float = 1.0, hour: int | None = None) -> str:",
        "1.0 -> 1.1",
    ): "it is cut to 1",
    ("STEPS = 60", "60 -> 61"): "the interval is below the last digit by then",
    ("low, high = FALL, FALL + 40.0", "40.0 -> 44.0"): "no level that is a number lies so far out",
    ("self.ratio or 0.0,", "0.0 -> 1.0"): "any number in the place of none",
}
