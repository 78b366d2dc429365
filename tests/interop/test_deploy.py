"""What deploy/ has for operators fits what Lockstep is: rules, dashboard, manifests, image."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from confluent_kafka import Consumer, Producer

from lockstep import Link, Lockstep, run_cli
from paths import ROOT
from prometheus import Prometheus, promtool
from records import SteadyProducer, produce
from sandbox_process import Sandbox
from waiting import eventually

DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus-rules.yml"
DASHBOARD = json.loads((DEPLOY / "grafana-dashboard.json").read_text())


def test_rules_are_right_and_fire_when_they_should():
    checked = promtool("check", "rules", RULES)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    tested = promtool("test", "rules", DEPLOY / "prometheus-rules-test.yml")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_every_rule_has_a_test_and_says_what_to_do():
    alerts = re.findall(r"- alert: (\w+)", RULES.read_text())
    tests = (DEPLOY / "prometheus-rules-test.yml").read_text()
    assert alerts and not [alert for alert in alerts if f'alertname="{alert}"' not in tests]
    guide = (ROOT / "docs" / "operations.md").read_text()
    assert not [alert for alert in alerts if f"| `{alert}` |" not in guide]


@pytest.fixture(scope="module")
def clusters(tmp_path_factory):
    sandbox = Sandbox(tmp_path_factory.mktemp("clusters"), options=("--clusters", 2)).start()
    yield sandbox.clusters
    sandbox.stop()


@pytest.fixture(scope="module")
def scraped(clusters, tmp_path_factory):
    """A Lockstep that copies, with a group, a lag and an open transaction, and its Prometheus."""
    directory = tmp_path_factory.mktemp("deploy")
    source, target = clusters
    source.create_topic("orders", 2)
    source.create_topic("payments", 1)
    produce(source, "orders", [f"{i}" for i in range(100)])
    consumer = Consumer({"bootstrap.servers": source.bootstrap, "group.id": "billing",
                         "auto.offset.reset": "earliest"})
    consumer.subscribe(["orders"])
    eventually(lambda: consumer.poll(1), "the group reads")
    consumer.commit(asynchronous=False)
    consumer.close()
    transactional = Producer({"bootstrap.servers": source.bootstrap, "transactional.id": "t",
                              "transaction.timeout.ms": 600_000})
    transactional.init_transactions(60)
    transactional.begin_transaction()
    transactional.produce("payments", "x")
    transactional.flush(60)
    process = Lockstep(directory, Link(source, target, ["orders", "payments"])).start()
    prometheus = Prometheus(directory, [process.url.removeprefix("http://")], RULES).start()
    process.wait(lambda: process.partition("payments").get("open_transaction"), "it is open")
    process.wait(lambda: process.status()["groups"], "the group is known")
    with SteadyProducer(source, "orders", per_second=20):  # rates that are never 0
        yield prometheus
    prometheus.stop()
    process.stop()


def queries() -> list:
    return [pytest.param(target["expr"], id=f"{panel['title']}-{target['refId']}")
            for panel in DASHBOARD["panels"] for target in panel["targets"]]


@pytest.mark.parametrize("expression", queries())
def test_every_panel_shows_something(scraped, expression):
    plain = (expression.replace("$link", ".*").replace("$__rate_interval", "20s"))
    assert "$" not in plain
    series = eventually(lambda: scraped.query(plain), f"{plain} has data")
    assert all(sample["value"][1] != "NaN" for sample in series) or "histogram" in plain


def test_rules_are_evaluated(scraped):
    eventually(lambda: all(rule["health"] != "unknown" for rule in scraped.rules()),
               "rules are evaluated")
    rules = scraped.rules()
    assert len(rules) == len(re.findall(r"- alert:", RULES.read_text()))
    assert all(rule["health"] == "ok" for rule in rules), rules
    assert not [rule["name"] for rule in rules if rule["state"] == "firing"]


def test_panels_are_laid_out():
    places = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24 and not cells & places, panel["title"]
        places |= cells
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))


def tool(name: str, *arguments) -> subprocess.CompletedProcess:
    """A tool of tests/requirements.txt, beside the Python that runs this."""
    return subprocess.run([Path(sys.executable).parent / name, *map(str, arguments)],
                          capture_output=True, text=True, timeout=120)


def test_kubernetes_manifest_is_valid():
    checked = tool("kubernetes-validate", "--strict", DEPLOY / "kubernetes.yaml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_kubernetes_manifest_fits_lockstep(tmp_path):
    parts = {part["kind"]: part for part in
             yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}
    pod = parts["Deployment"]["spec"]["template"]
    container = pod["spec"]["containers"][0]
    arguments = container["args"]
    file = Path(arguments[arguments.index("-c") + 1])
    state = Path(arguments[arguments.index("--state-dir") + 1])
    mounts = {mount["name"]: Path(mount["mountPath"]) for mount in container["volumeMounts"]}
    assert file.parent == mounts["config"] and state.parent == mounts["state"]
    text = parts["ConfigMap"]["data"][file.name]
    port = container["ports"][0]["containerPort"]
    assert f"listen: 0.0.0.0:{port}" in text
    assert pod["metadata"]["annotations"]["prometheus.io/port"] == str(port)
    assert parts["Service"]["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert_is_understood(text, tmp_path)
    with_tokens = re.sub(r"^( +)# (tokens:|  - \{name: )", r"\1\2", text, flags=re.MULTILINE)
    assert len(yaml.safe_load(with_tokens)["http"]["tokens"]) == 2
    assert_is_understood(with_tokens, tmp_path)


def test_probes_need_no_token(clusters, tmp_path):
    """Those of the manifest, where the configuration has tokens: a pod would never be ready."""
    parts = {part["kind"]: part for part in
             yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}
    container = parts["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    probes = [container[kind]["httpGet"]["path"] for kind in ("livenessProbe", "readinessProbe")]
    process = Lockstep(tmp_path, Link(*clusters, ["orders"],
                                      http="  tokens: [{name: me, token: secret}]\n"))
    process.start()  # until /readyz says 200, without a token
    try:
        assert [process.get(path).code for path in probes] == [200, 200]
        assert process.get("/metrics").code == 401
    finally:
        process.stop()


def test_packaged_configuration_is_understood(tmp_path):
    assert_is_understood((DEPLOY / "debian" / "lockstep.yaml").read_text(), tmp_path)


def assert_is_understood(text: str, directory: Path) -> None:
    """Nothing listens there: code 3 says so; 2 would say that the configuration is wrong."""
    config = directory / "lockstep.yaml"
    config.write_text(re.sub(r'bootstrap: \["[^"]+"\]', 'bootstrap: ["127.0.0.1:9"]', text))
    done = run_cli("check", "-c", config, timeout=120)
    assert done.returncode == 3, done.stdout + done.stderr


def test_dockerfile_passes_the_linter():
    checked = tool("hadolint", DEPLOY / "Dockerfile")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_service_is_hardened():
    """systemd's own judgement: 0 is nothing left to take away, 10 is everything allowed."""
    checked = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                              "--threshold=25", DEPLOY / "lockstep.service"],
                             capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    unit = (DEPLOY / "lockstep.service").read_text()
    assert "\nDynamicUser=yes\n" in unit and "\nCapabilityBoundingSet=\n" in unit
