"""What the event path costs, each figure a ratio inside one run: ``make bench-stream``."""
