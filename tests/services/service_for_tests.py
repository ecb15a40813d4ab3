"""A service's process for the crash tests: `python service_for_tests.py DATA_DIR`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from jupyter_persian_ai.services.service import Service
from jupyter_persian_ai.settings import Settings


async def main() -> None:
    await Service.open(Settings(data_dir=Path(sys.argv[1]), disk_reserve_bytes=0))
    print("open", flush=True)
    await asyncio.sleep(600)


asyncio.run(main())
