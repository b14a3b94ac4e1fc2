"""Commands read limits and the neutral interface without paying for the platforms' libraries."""

import subprocess
import sys


def test_limits_load_no_sdk() -> None:
    program = (
        "import sys, bot.channels.limits, bot.channels.base, bot.channels.choices;"
        "print([m for m in ('linebot', 'telegram', 'aiohttp', 'httpx', 'pydantic') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
