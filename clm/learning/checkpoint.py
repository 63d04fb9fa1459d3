"""Checkpoints in the safetensors format, made the same byte for byte.

The library writes the header's keys in no fixed order, so the same network would have many hashes.
"""

from __future__ import annotations

import json

LENGTH_BYTES = 8
ALIGNMENT = 8


def with_sorted_header(data: bytes) -> bytes:
    r"""The same tensors and facts under a header in one order.

    >>> header = b'{"b":1,"a":2}   '
    >>> with_sorted_header(len(header).to_bytes(8, "little") + header + b"tensors")
    b'\x10\x00\x00\x00\x00\x00\x00\x00{"a":2,"b":1}   tensors'
    """
    begins = LENGTH_BYTES + int.from_bytes(data[:LENGTH_BYTES], "little")
    header = json.loads(data[LENGTH_BYTES:begins])
    text = json.dumps(header, sort_keys=True, separators=(",", ":")).encode()
    text += b" " * (-len(text) % ALIGNMENT)
    return len(text).to_bytes(LENGTH_BYTES, "little") + text + data[begins:]
