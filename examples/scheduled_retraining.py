"""The specification's background task: a full cycle every seven days at 02:00, with APScheduler.

    pip install apscheduler

Beside `clm up` nothing of this is needed: its watcher looks at every event whether a retrain is due. A cron's
``day="*/7"`` begins anew each month; this interval does not.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from clm import ContinuousLearningManager

logger = logging.getLogger(__name__)
REMEDY = "APScheduler is not installed: pip install apscheduler"


def next_at(hour: int, now: datetime) -> datetime:
    """The next time (UTC) that the clock says this hour."""
    today = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return today if today > now else today + timedelta(days=1)


def scheduled(clm: ContinuousLearningManager) -> Any:
    """An asyncio scheduler with the cycle as its job; start it inside a running loop."""
    try:
        from apscheduler.schedulers.asyncio import AsyncIOScheduler
    except ImportError as error:
        raise SystemExit(REMEDY) from error

    async def retrain_job() -> None:
        report = await asyncio.to_thread(clm.run_full_cycle)  # the loop goes on meanwhile
        logger.info("CLM cycle complete: %s", report.summary())

    scheduler = AsyncIOScheduler(timezone=UTC)
    start = next_at(hour=2, now=datetime.now(UTC))
    scheduler.add_job(retrain_job, "interval", days=clm.retrain_interval_days, start_date=start)
    return scheduler
