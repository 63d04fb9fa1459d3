"""Orders: what a person may ask of a route besides promotion and rollback, as commands name it."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clm.decisions.moves import (
    ABORTED,
    APPROVALS,
    APPROVED,
    CANARY,
    FROZEN,
    PINNED,
    RESUMED,
    UNLOCKED,
    UNPINNED,
)


@dataclass(frozen=True)
class Order:
    """One command."""

    kind: str  # of clm.decisions.moves.LEGAL
    does: str
    version: str = ""  # how the version is asked for: "" not at all, "?" if given, "1" always
    number: str = ""  # name of the number that follows: share or number


ORDERS: Mapping[str, Order] = {
    "canary": Order(CANARY, "let a version serve a share of the keys, or a larger one", "1", "share"),
    "abort": Order(ABORTED, "take the canary off every key, and lock it out"),
    "pin": Order(PINNED, "let nobody replace the active version", "?"),
    "unpin": Order(UNPINNED, "let the active version be replaced again"),
    "freeze": Order(FROZEN, "let automation move nothing; people may"),
    "resume": Order(RESUMED, "let automation move again"),
    "unlock": Order(UNLOCKED, "let automation promote a version again that was rolled back from", "1"),
    "approve": Order(APPROVED, "vouch for a version that somebody else is to promote", "1"),
    "approvals": Order(APPROVALS, "how many others must vouch before a promotion; 0: nobody", "", "number"),
}
SEVERAL = frozenset({"freeze", "resume"})
"""Orders that may name several model types, and without any mean all."""


def take_arguments(command: argparse.ArgumentParser, name: str) -> None:
    """Give a command the arguments of its order."""
    order = ORDERS[name]
    command.add_argument("model", metavar="MODEL", nargs="*" if name in SEVERAL else None)
    if order.version:
        command.add_argument("version", metavar="VERSION", nargs="?" if order.version == "?" else None)
    if order.number == "share":
        command.add_argument("share", metavar="SHARE", type=share, help="of the keys: 0.1 or 10%%")
    elif order.number:
        command.add_argument("number", metavar="NUMBER", type=int)
    command.set_defaults(order=name)


def asked(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was asked for besides the model type, as ``Operator.change`` takes it."""
    given = {name: getattr(arguments, name, None) for name in ("version", "share", "number")}
    return {"kind": ORDERS[arguments.order].kind} | {k: v for k, v in given.items() if v is not None}


def share(text: str) -> float:
    """A fraction from ``0.1`` or ``10%``. Raises ValueError.

    >>> share("10%"), share("0.5")
    (0.1, 0.5)
    """
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)
