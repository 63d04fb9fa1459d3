"""Where the newest versions are kept is remembered, and never forgotten of one in use."""

from __future__ import annotations

import msgpack

from clm.decisions.bundles import KEPT, Bundles


def filled(count: int, in_use: str = "") -> Bundles:
    bundles = Bundles()
    for number in range(count):
        bundles.learn("xgboost", f"v{number}", f"sha {number}", {in_use})
    return bundles


def test_the_oldest_is_forgotten_once_there_are_too_many() -> None:
    bundles = filled(KEPT + 1)
    assert (bundles.of("xgboost", "v0"), bundles.of("xgboost", "v1")) == (None, "sha 1")


def test_a_version_in_use_stays_and_the_next_oldest_goes() -> None:
    bundles = filled(KEPT + 1, in_use="v0")
    assert (bundles.of("xgboost", "v0"), bundles.of("xgboost", "v1")) == ("sha 0", None)


def test_model_types_do_not_take_each_other_s_room() -> None:
    bundles = filled(KEPT)
    bundles.learn("nhits", "n1", "ab")
    assert (bundles.of("nhits", "n1"), bundles.of("xgboost", "v0")) == ("ab", "sha 0")


def test_what_was_saved_forgets_in_the_same_order() -> None:
    again = Bundles()
    again.restore(msgpack.unpackb(msgpack.packb(filled(KEPT).state())))
    again.learn("xgboost", "new", "sha")
    assert again.of("xgboost", "v0") is None
