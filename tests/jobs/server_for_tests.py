"""A server's process for the crash tests: `python server_for_tests.py DATA_DIR`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from conftest import ENTRY_POINTS

from jupyter_persian_ai.jobs.supervisor import Supervisor
from jupyter_persian_ai.settings import Settings
from jupyter_persian_ai.store import Store


async def main() -> None:
    settings = Settings(data_dir=Path(sys.argv[1]), disk_reserve_bytes=0)
    supervisor = Supervisor(Store.open(settings.url), settings, entry_points=ENTRY_POINTS)
    await supervisor.start()
    print("supervising", flush=True)
    await asyncio.sleep(600)


asyncio.run(main())
