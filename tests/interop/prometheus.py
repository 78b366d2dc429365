"""A real Prometheus that scrapes what is under test, and promtool."""

import json
import signal
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

from paths import prometheus_tool
from processes import end, free_port, spawn
from waiting import eventually


def promtool(*arguments) -> subprocess.CompletedProcess:
    """Debian's promtool, to its end; `./dev setup` brings it along."""
    return subprocess.run([prometheus_tool("promtool"), *map(str, arguments)],
                          capture_output=True, text=True, timeout=60)


class Prometheus:
    """Scrapes `targets` ("127.0.0.1:7878") twice a second, with the rules of `rules`."""

    def __init__(self, directory: Path, targets: list[str], rules: Path):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = directory / "prometheus.log"
        self._data = directory / "prometheus"
        self._config = directory / "prometheus.yml"
        self._config.write_text(json.dumps({  # JSON is YAML, too
            "global": {"scrape_interval": "500ms", "evaluation_interval": "500ms"},
            "rule_files": [str(rules)],
            "scrape_configs": [{"job_name": "lockstep",
                                "static_configs": [{"targets": targets}]}]}))
        self._process = None

    def start(self) -> "Prometheus":
        self._process = spawn(
            [prometheus_tool("prometheus"), f"--config.file={self._config}",
             f"--storage.tsdb.path={self._data}",
             f"--web.listen-address={self.url.removeprefix('http://')}"], self.log)
        eventually(lambda: self.query('up{job="lockstep"} == 1'), "Prometheus scrapes")
        return self

    def stop(self) -> None:
        end(self._process, signal.SIGTERM, timeout=20)

    def query(self, expression: str) -> list:
        """The series that an expression has now. Raises where Prometheus does not take it."""
        query = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(f"{self.url}/api/v1/query?{query}", timeout=10) as response:
            return json.load(response)["data"]["result"]

    def rules(self) -> list[dict]:
        """All rules with their health and last error."""
        with urllib.request.urlopen(f"{self.url}/api/v1/rules", timeout=10) as response:
            groups = json.load(response)["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]
