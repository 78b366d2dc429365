"""Where the harness finds things: Kafka's jars, Java helpers, the lockstep binary."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"
JAVA_CLASSES = CACHE / "java"

NEWEST_KAFKA = "4.3.0"
KAFKA_VERSIONS = ("4.3.0", "3.9.1", "2.8.2")


def kafka_jars(version: str) -> Path:
    """The folder with Kafka's jars of that version; `./dev setup` fills it."""
    jars = CACHE / f"kafka-{version}"
    if not jars.is_dir():
        raise FileNotFoundError(f"{jars} is missing: run ./dev setup")
    return jars


def prometheus_tool(name: str) -> Path:
    """Debian's `prometheus` or `promtool`; `./dev setup` unpacks them."""
    tool = CACHE / "prometheus" / name
    if not tool.is_file():
        raise FileNotFoundError(f"{tool} is missing: run ./dev setup")
    return tool


def lockstep_binary() -> Path:
    """What is tested: $LOCKSTEP_BIN, else the release build."""
    return Path(os.environ.get("LOCKSTEP_BIN", ROOT / "build" / "release" / "lockstep"))
