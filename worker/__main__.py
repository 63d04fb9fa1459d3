"""``python -m worker COMMAND``: the same as the console script ``clm``."""

from __future__ import annotations

import sys

from worker.cli import main

sys.exit(main())
