"""The one composition root: settings in, everything a process works with out.

One module per thing that is composed; nothing else in ``worker`` names an adapter.
"""

from __future__ import annotations

from worker.bootstrap.comparing import compared
from worker.bootstrap.dry import dry_decisions, dry_shadow, dry_stage, dry_watcher
from worker.bootstrap.explaining import NOT_YET, drawn, explained, explained_anew
from worker.bootstrap.hindsight import derived, due, facts, losses, recorded, trials, underived
from worker.bootstrap.keeping import ARCHIVE, archiver, bundles, history, retention
from worker.bootstrap.learning import (
    FreshBars,
    bar_seconds,
    bars,
    bench,
    clocks,
    field,
    inline_jobs,
    workshop,
)
from worker.bootstrap.roles import (
    dispatcher,
    handle,
    memory_publisher,
    onstage,
    publisher,
    reconciler,
    rehearse,
    rollout,
    shadow,
    shadow_fold,
    streams,
    watcher,
)
from worker.bootstrap.service import app
from worker.bootstrap.stages import (
    archive_at,
    embedded_home,
    memory_stage,
    ping,
    redis_stage,
    server,
    server_url,
    tied_to_owner,
)
from worker.bootstrap.stations import STATIONS, Station, preload, station, training_worker

__all__ = [
    "ARCHIVE",
    "NOT_YET",
    "STATIONS",
    "FreshBars",
    "Station",
    "app",
    "archive_at",
    "archiver",
    "bar_seconds",
    "bars",
    "bench",
    "bundles",
    "clocks",
    "compared",
    "derived",
    "dispatcher",
    "drawn",
    "dry_decisions",
    "dry_shadow",
    "dry_stage",
    "dry_watcher",
    "due",
    "embedded_home",
    "explained",
    "explained_anew",
    "facts",
    "field",
    "handle",
    "history",
    "inline_jobs",
    "losses",
    "memory_publisher",
    "memory_stage",
    "onstage",
    "ping",
    "preload",
    "publisher",
    "reconciler",
    "recorded",
    "redis_stage",
    "rehearse",
    "retention",
    "rollout",
    "server",
    "server_url",
    "shadow",
    "shadow_fold",
    "station",
    "streams",
    "tied_to_owner",
    "training_worker",
    "trials",
    "underived",
    "watcher",
    "workshop",
]
