"""The ring is bounded, keeps order, and wakes who sleeps; putting never blocks or raises."""

from __future__ import annotations

import threading

from producers.ring import Ring


def filled(capacity: int, drafts: int) -> Ring:
    ring = Ring(capacity)
    for n in range(drafts):
        ring.put((n,))
    return ring


def test_a_full_ring_drops_the_newest_and_counts_them() -> None:
    ring = filled(3, 5)
    assert list(ring.waiting) == [(0,), (1,), (2,)]
    assert ring.dropped == 2


def test_the_oldest_are_discarded_first() -> None:
    ring = filled(10, 4)
    ring.discard(2)
    assert list(ring.waiting) == [(2,), (3,)]


def test_a_shut_ring_takes_nothing_and_keeps_what_it_has() -> None:
    ring = filled(10, 1)
    ring.close()
    ring.put(("late",))
    assert (list(ring.waiting), ring.dropped) == ([(0,)], 1)


def test_a_put_ends_a_sleep() -> None:
    ring, woken = Ring(10), threading.Event()

    def take() -> None:
        while not ring.waiting:
            ring.sleep(60)
        woken.set()

    threading.Thread(target=take, daemon=True).start()
    ring.put(("draft",))
    assert woken.wait(30)


def test_no_sleep_begins_while_something_waits() -> None:
    ring = filled(10, 1)
    ring.sleep(10**6)  # the test would not end
    ring.put(("next",))
    assert list(ring.waiting) == [(0,), ("next",)]


def test_waking_a_ring_that_nobody_sleeps_on_does_nothing() -> None:
    ring = filled(10, 1)
    ring.wake()
    ring.wake()
    assert list(ring.waiting) == [(0,)]


def test_no_wake_opens_a_closed_ring_again() -> None:
    ring = Ring(10)
    ring.close()
    ring.wake()
    ring.sleep(10**6)  # nor does the end of a sleep, which none is in a closed ring
    ring.put(("late",))
    assert (list(ring.waiting), ring.dropped) == ([], 1)


def test_drops_of_many_threads_are_all_counted() -> None:
    ring = Ring(10)
    ring.close()
    threads = [threading.Thread(target=lambda: [ring.put(()) for _ in range(2000)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ring.dropped == 16_000
