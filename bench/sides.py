"""What `./dev bench exact` measures: Lockstep with any binary and any settings, and the loop of
bench/peers/franz."""

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from contenders import Route
from lockstep import Link, Lockstep
from paths import ROOT
from processes import spawn

OURS = "lockstep"
CREATES = "lockstep-creates-topic"
BASE = "base"

PEER = ROOT / "bench" / "peers" / "franz"


@dataclass
class SettingsLink(Link):
    """A link whose configuration takes any key, named as in docs/configuration.md."""

    settings: dict[str, str] = field(default_factory=dict)

    def yaml(self, http_port: int) -> str:
        config: dict = {
            "clusters": [{"name": "east", "bootstrap": self.source.bootstrap},
                         {"name": "west", "bootstrap": self.target.bootstrap}],
            # A name of its own: it waits for no turn that a run before it may still have.
            "links": [{"name": f"link-{http_port}", "source": "east", "target": "west",
                       "topics": self.topics}],
            "http": {"listen": f"127.0.0.1:{http_port}"},
        }
        for key, value in self.settings.items():
            section, _, name = key.partition(".")
            if section == "links":
                config["links"][0][name] = value
            else:
                config.setdefault(section, {})[name] = value
        return json.dumps(config, indent=2) + "\n"  # JSON is YAML


class LockstepSide:
    """One binary with one set of settings. Keeps topic names."""

    def __init__(self, name: str, binary: Path, settings: dict[str, str]):
        self.name = name
        self.keeps_offsets = settings.get("links.offsets", "preserve") == "preserve"
        self.replicator: Lockstep | None = None
        self._binary = binary
        self._settings = settings

    def start(self, route: Route, topic: str) -> subprocess.Popen:
        link = SettingsLink(route.source, route.target, [topic], settings=self._settings)
        self.replicator = Lockstep(route.directory, link)
        self.replicator.process = spawn([self._binary, "run", "-c", self.replicator.config],
                                        self.replicator.log)
        return self.replicator.process

    def target_topic(self, topic: str) -> str:
        return topic

    def last_words(self) -> str:
        return self.replicator.log_text()[-2000:]

    def describe(self) -> str:
        settings = " ".join(f"{key}={value}" for key, value in self._settings.items())
        inside = self._binary.is_relative_to(ROOT)
        return f"{self._binary.relative_to(ROOT) if inside else self._binary} {settings}".strip()


class FranzLoop:
    """A consumer-to-producer loop: what it must not cost much more than to copy exactly."""

    name = "franz-go"
    keeps_offsets = True  # where the source's log has no gaps and starts at 0

    def __init__(self, binary: Path):
        self._binary = binary
        self._log: Path | None = None

    def start(self, route: Route, topic: str) -> subprocess.Popen:
        self._log = route.directory / "franz.log"
        return spawn([self._binary, "--source", route.source.bootstrap, "--target",
                      route.target.bootstrap, "--topic", topic, "--records",
                      route.source.record_count(topic), "--wait"], self._log)

    def target_topic(self, topic: str) -> str:
        return topic

    def figures(self) -> dict:
        """What it says of itself; {} before it is done."""
        lines = self._log.read_text().splitlines()
        told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {}
        return {f"own_{name}": number for name, number in told.items()}

    def last_words(self) -> str:
        return self._log.read_text()[-2000:]

    def describe(self) -> str:
        return (PEER / "go.mod").read_text().partition("require ")[2].splitlines()[0]


def build_franz() -> Path:
    """`go build`, which does nothing where nothing has changed."""
    if shutil.which("go") is None:
        raise SystemExit("the peer needs Go 1.26 (https://go.dev/dl), or 1.21, which fetches it; "
                         "--contenders lockstep leaves the peer out")
    binary = ROOT / "build" / "bench" / "franz"
    binary.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-trimpath", "-o", binary, "."], cwd=PEER, check=True)
    return binary
