"""Under which conditions figures were taken: the machine, what runs on it, the versions. Facts only."""

import os
import platform
import shutil
import subprocess
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_PACKAGES: Final = ("account-pulse", "pydantic", "faust-streaming", "aiokafka", "numpy")


def conditions(now: datetime) -> list[str]:
    """Lines to print above the figures."""
    load_1, load_5, _ = os.getloadavg()
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    machine = f"{os.cpu_count()} CPUs ({_processor()}) · {_memory_gb():.0f} GB · {platform.platform()}"
    return [
        f"{now:%Y-%m-%d %H:%M} UTC · {machine}",
        f"load before: {load_1:.2f} (1 min), {load_5:.2f} (5 min)",
        f"Python {platform.python_version()} · {packages} · {_java()}",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        return "no Java"
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr.splitlines()
    return said[0] if said else "Java of unknown version"
