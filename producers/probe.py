"""The probe: a bundle is tried in a process of its own, for a damaged one can end the process that loads it.

``python -m producers.probe`` reads a bundle from its input and forecasts once; exit code 0 says that it can
be loaded, 3 that it is no bundle or cannot forecast. Any other end is a crash.
"""

from __future__ import annotations

import os
import subprocess
import sys

from clm.errors import ClmError, CorruptArtifact

PROGRAM = ["-m", "producers.probe"]
UNUSABLE = 3
PATIENCE_S = 60.0
"""Until a probe that hangs is killed; importing a network's library takes seconds."""

ROOM_BYTES = 8 << 30
"""Address space that a probe may take: libraries want gigabytes of it, a lying header wants all."""

NICE = 10
"""The trader goes first."""


def probe(data: bytes) -> None:
    """Try a bundle elsewhere.

    Raises:
        CorruptArtifact: it cannot be loaded, or it ended or held up the process that tried.
    """
    words = [sys.executable, *PROGRAM]
    try:
        done = subprocess.run(
            words, input=data, capture_output=True, timeout=PATIENCE_S, check=False, env=_same_libraries()
        )
    except subprocess.TimeoutExpired:
        raise CorruptArtifact(f"the bundle hangs its loader for {PATIENCE_S:g} s: train it again") from None
    if done.returncode == UNUSABLE:
        raise CorruptArtifact(done.stderr.decode(errors="replace").strip().rpartition("\n")[2])
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        how = f"{_ending(done.returncode)}{'; ' if last else ''}{last}"
        raise CorruptArtifact(f"the bundle ends its loader ({how}): train it again")


def _same_libraries() -> dict[str, str]:
    """The environment in which the probe finds what this process has found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}


def _ending(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def main() -> int:
    """Load and forecast once what comes in."""
    _bound()
    from producers.served import unpacked

    try:
        unpacked(sys.stdin.buffer.read())
    except (ClmError, ModuleNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return UNUSABLE
    return 0


def _bound() -> None:
    """Take little, and go last."""
    try:
        import resource
    except ModuleNotFoundError:  # Windows
        return
    os.nice(NICE)
    resource.setrlimit(resource.RLIMIT_AS, (ROOM_BYTES, ROOM_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    sys.exit(main())
