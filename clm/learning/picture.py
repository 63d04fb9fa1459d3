"""The picture of an explanation: bars as SVG, drawn without any library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

SHOWN = 12
"""Features that are drawn, the largest ones."""

WIDTH, LINE, LEFT, BAR = 720, 20, 170, 420  # pixels
STYLE = "font:12px sans-serif"

Bar = tuple[str, float, str]
"""Name, size, and what is written beside it."""


def picture(title: str, told: Mapping[str, Any]) -> str:
    """An SVG document of what an explanation tells: parts of the forecast, and drift."""
    features = [
        (each["name"], each["share"], f"{each['share']:.1%} ({each['mean']:+.3g})")
        for each in told["features"][:SHOWN]
    ]
    drift = told["drift"]
    moved = [(each["name"], each["psi"], f"{each['psi']:.3g}") for each in drift["features"][:SHOWN]]
    blocks = [
        (f"{title}: share of the forecast, {told['rows']} rows of the hold-out (mean, with sign)", features),
        (f"drift from the training range: PSI ({drift['by_chance']:.2g} by chance)", moved),
    ]
    if told["lags"]:
        steps = [(f"{back} bars back", size, f"{size:.3g}") for back, size in enumerate(told["lags"][:SHOWN])]
        blocks.insert(1, ("mean size by age of what was seen", steps))
    lines, top = [], LINE
    for heading, bars in blocks:
        lines += _block(heading, bars, top)
        top += LINE * (len(bars) + 2)
    box = f'width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" style="{STYLE}"'
    body = "\n".join(lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {box}>\n<rect width="100%" height="100%" fill="#fff"/>\n'
        f"{body}\n</svg>\n"
    )


def _block(heading: str, bars: Sequence[Bar], top: int) -> list[str]:
    """A heading and its bars, the first one as long as there is room."""
    longest = max((size for _, size, _ in bars), default=0.0) or 1.0
    lines = [f'<text x="8" y="{top}" font-weight="bold">{escape(heading)}</text>']
    for row, (name, size, label) in enumerate(bars, 1):
        y, length = top + row * LINE, max(1.0, BAR * size / longest)
        lines.append(f'<text x="{LEFT - 8}" y="{y}" text-anchor="end">{escape(name)}</text>')
        lines.append(f'<rect x="{LEFT}" y="{y - 11}" width="{length:.1f}" height="13" fill="#4878a8"/>')
        lines.append(f'<text x="{LEFT + length + 6:.1f}" y="{y}">{escape(label)}</text>')
    return lines
