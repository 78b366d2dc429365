"""The commands and the API that operate a running Lockstep: what they say, what they change."""

import json
import signal
import urllib.error
import urllib.request

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from lockstep import Link, run_cli
from paths import ROOT, lockstep_binary
from processes import spawn
from records import assert_same_records, produce, read
from waiting import eventually, holds_for

API = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())


@pytest.fixture
def run(source, target, lockstep, name):
    """A Lockstep that has copied a topic of two partitions; and `lockstep COMMAND` asked of it."""
    source.create_topic(name, 2)
    produce(source, name, [f"value {i}" for i in range(100)], partition=0)
    produce(source, name, [f"value {i}" for i in range(30)], partition=1)
    process = lockstep(Link(source, target, [f"{name}.*"]))
    process.wait_copied(name)
    for partition in (0, 1):
        process.wait(lambda p=partition: process.partition(name, p).get("lag_records") == 0
                     and state(process, name, p) == "running", f"{name}-{partition} is told", 10)

    def ask(*command, code: int = 0) -> str:
        done = run_cli(*command, "--url", process.url)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    process.ask = ask
    return process


def count(cluster, topic: str) -> dict:
    return cluster.end_offsets(topic)


def state(process, topic: str, partition: int = 0) -> str:
    return process.partition(topic, partition).get("state")


def request(process, path: str, body=None, content_type: str = "application/json"):
    """Status code and JSON of a page."""
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(process.url + path, data, {"Content-Type": content_type})
    try:
        with urllib.request.urlopen(asked, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_pausing_a_partition_stops_no_other(run, source, target, name):
    assert "1 partition paused" in run.ask("pause", f"{name}/0")
    run.wait(lambda: state(run, name) == "paused", "it is paused", 10)
    for partition in (0, 1):
        produce(source, name, [f"more {i}" for i in range(50)], partition=partition)
    run.wait(lambda: count(target, name) == {0: 100, 1: 80}, "the other goes on", 20)
    run.wait(lambda: run.partition(name)["lag_records"] == 50, "the lag is told all the same", 20)
    assert count(target, name) == {0: 100, 1: 80}
    assert "it is paused" in run.ask("explain", f"{name}/0")
    assert f"{name}/0 on east-to-west: not blocked, but paused" in run.ask(
        "explain", "blocked", f"{name}/0")
    assert f"{name}/0 on east-to-west: paused" in run.ask("explain", "paused")
    assert "1 partition, already paused" in run.ask("pause", f"{name}/0")
    run.wait(lambda: 0 < (run.partition(name)["lag_seconds"] or 0) < 60,
             "the age of the first record that waits is told", 20)
    run.ask("resume", f"{name}/0")
    run.wait_copied(name)
    run.wait(lambda: run.partition(name)["lag_seconds"] == 0, "nothing waits any more", 10)
    run.wait(lambda: state(run, name) == "running", "it runs again", 10)
    assert assert_same_records(source, target, name) == 230


def test_a_paused_link_stays_paused_over_a_restart_of_the_brokers(run, source, target, name):
    run.ask("pause", "--link", "east-to-west")
    run.wait(lambda: state(run, name) == state(run, name, 1) == "paused", "all is paused", 10)
    for cluster in (source, target):
        cluster.end_broker()
        cluster.start_broker()
    produce(source, name, ["later"] * 40)
    new = source.create_topic(f"{name}-new")
    produce(source, new, ["x"])
    holds_for(lambda: state(run, name) == "paused" and count(target, name)[0] == 100
              and new not in target.topics(), "nothing moves", 3)
    assert run.status()["in_flight_bytes"] == 0 and run.status()["paused"] is True
    assert "resume the link" in run.ask("resume", name, code=1)
    run.ask("resume", "--link", "east-to-west")
    run.wait_copied(name, new)
    assert assert_same_records(source, target, name) == 170


def test_a_pause_ends_with_the_process(run, source, target, name):
    run.ask("pause", name)
    run.wait(lambda: state(run, name) == "paused", "it is paused", 10)
    produce(source, name, ["later"] * 40)
    assert run.terminate()[0] == 0
    run.start().wait_copied(name)
    assert assert_same_records(source, target, name) == 170


def test_pausing_in_the_middle_of_a_load_loses_nothing(run, source, target, name):
    errors = run.status()["errors"]
    for i in range(6):
        produce(source, name, [f"{i} {j}" * 20 for j in range(3000)], partition=i % 2)
        run.ask("pause" if i % 2 == 0 else "resume", name)
    run.wait_copied(name)
    assert assert_same_records(source, target, name) == 18130
    assert run.status()["errors"] == errors


def test_tables(run, name):
    assert "east-to-west  east    west    2 running" in run.ask("links")
    assert name in run.ask("topics")
    assert "0 records behind" in run.ask("lag", "--max", "0")
    assert "GROUP" in run.ask("groups")
    assert f"{name}/1 on east-to-west: running" in run.ask("explain", f"{name}/1")
    assert run.ask("explain", "blocked") == (
        "no partition is blocked, and no link has a problem\n")
    assert json.loads(run.ask("topics", "--json"))["topics"][0]["topic"] == name


def test_blocked_is_explained(run, source, target, name):
    produce(target, name, ["not from the source"], partition=0)
    produce(source, name, ["from the source"], partition=0)
    run.wait_blocked(name)
    text = run.ask("explain", "blocked", f"{name}/0", code=3)
    assert "foreign" in text and "what to do:" in text
    assert run.partition(name)["reason_code"].startswith("foreign")
    assert "1 blocked, 1 running" in run.ask("topics", code=3)


def audited(target, pid: int) -> list[tuple[str, dict]]:
    """Keys and values of what a process wrote down."""
    records = [(record.key.decode(), json.loads(record.value))
               for record in read(target, "__lockstep_audit")]
    return [each for each in records if each[1]["worker"].endswith(f":{pid}")]


def test_actions_are_audited(run, source, target, name):
    run.ask("pause", f"{name}/1")
    run.ask("explain", "nowhere", code=2)
    run.ask("resume", f"{name}/1")
    run.ask("logs", "--level", "debug")
    assert run.terminate()[0] == 0  # whatever is written by then, is
    found = [value for _, value in audited(target, run.pid)]
    assert "token" not in found[0]
    assert [r["action"] for r in found] == ["pause", "resume", "log level"]
    assert found[0]["topic"] == name and found[0]["partition"] == 1
    assert found[0]["link"] == "east-to-west" and found[0]["peer"] == "127.0.0.1"
    assert found[2]["value"] == "debug"
    config = target.config("__lockstep_audit")
    assert (config["cleanup.policy"], config["retention.ms"]) == ("delete", "-1")


def test_keys_of_the_audit_are_no_other_actions(run, target, name):
    """In a container each process has the host and the number of the one before it."""
    keys = []
    for _ in range(2):
        run.ask("logs", "--level", "info")
        assert run.terminate()[0] == 0
        (key, value), = audited(target, run.pid)
        assert key.startswith(value["worker"] + "-")
        keys.append(key.removeprefix(value["worker"]))
        run.start()
    assert len(set(keys)) == 2


def test_the_audit_says_whose_token_it_was(source, target, lockstep, name):
    source.create_topic(name)
    secret = "a-token-for-tests"
    run = lockstep(Link(source, target, [name], http=(
        "  tokens:\n    - {name: on-call, token: %s, role: operate}\n"
        "    - {name: viewer, token: only-view}\n" % secret)))

    def asked(method: str, path: str, token: str = "") -> tuple[int, str]:
        sent = urllib.request.Request(
            run.url + path, b'{"level": "info"}' if method == "POST" else None,
            {"Content-Type": "application/json"}
            | ({"Authorization": f"Bearer {token}"} if token else {}), method=method)
        try:
            with urllib.request.urlopen(sent, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    for code, method, token in ((401, "POST", ""), (403, "POST", "only-view"), (401, "GET", "x"),
                                (405, "DELETE", ""), (405, "PUT", secret)):
        got, body = asked(method, "/api/v1/log", token)
        assert got == code, (method, token)
        assert_fits(json.loads(body), API["components"]["responses"]["Error"])
    assert asked("POST", "/api/v1/log", secret)[0] == 200
    assert run.terminate()[0] == 0
    (_, value), = audited(target, run.pid)
    assert value["token"] == "on-call" and secret not in json.dumps(value)


def test_exit_codes(run, source, name):
    run.ask("explain", "nowhere", code=2)
    run.ask("pause", f"{name}/9", code=2)
    run.ask("lag", "--link", "nowhere", code=2)
    run.ask("pause", name)
    run.wait(lambda: state(run, name) == "paused", "it is paused", 10)
    run.ask("resume", f"{name}/0", code=1)
    produce(source, name, ["x"])
    run.wait(lambda: run.partition(name)["lag_records"] == 1, "it lags", 20)
    run.ask("lag", "--max", "0", code=3)
    for command in (["links"], ["pause", "x"], ["logs", "--level", "info"]):
        assert run_cli(*command, "--url", "127.0.0.1:9").returncode == 3


def test_the_log_level_changes_at_once(run, name):
    assert run.ask("logs") == "info\n"
    assert " debug " not in run.log_text()
    assert run.ask("logs", "--level", "debug") == "debug\n"
    run.ask("pause", name)
    run.wait(lambda: f"{name}-0 is paused" in run.log_text(), "details are logged", 10)
    assert run.ask("logs", "--level", "warn") == "warn\n"
    before = len(run.log_text())
    run.ask("resume", name)
    run.wait(lambda: state(run, name) == "running", "it runs again", 10)
    since = run.log_text()[before:]
    assert not any(f" {level} " in since for level in ("info", "debug")), since


def test_status_is_watched_until_it_is_ended(run, name, tmp_path):
    output = tmp_path / "watched"
    watching = spawn([lockstep_binary(), "status", "--watch", "--interval", "1", "--url", run.url],
                     output)
    eventually(lambda: output.read_text().count(" up ") >= 2, "it looks again")
    watching.send_signal(signal.SIGINT)
    assert watching.wait(60) == 0
    assert "\x1b" not in output.read_text(), "no terminal, no escapes"


def test_answers_are_what_the_api_describes(run, name):
    validate(API)
    produced = {"/api/v1/pause": {"topic": name}, "/api/v1/resume": {"topic": name},
                "/api/v1/log": {"level": "info"}}
    for path, methods in API["paths"].items():
        for method in methods:
            code, body = request(run, path, produced[path] if method == "post" else None)
            assert code == 200, (path, body)
            assert_fits(body, methods[method]["responses"]["200"])
    for code, path, sent in ((404, "/api/v1/nothing", None), (405, "/api/v1/pause", None),
                             (400, "/api/v1/pause", {}), (404, "/api/v1/pause", {"topic": "no"}),
                             (400, "/api/v1/log", {"level": "loud"}),
                             (400, "/api/v1/links?topic=x", None),
                             (413, "/api/v1/pause", {"topic": "x" * 100_000})):
        answered, body = request(run, path, sent)
        assert answered == code
        assert_fits(body, API["components"]["responses"]["Error"])
    code, _ = request(run, "/api/v1/pause", {"topic": name}, "text/plain")
    assert code == 415


def assert_fits(body, response: dict) -> None:
    if "$ref" in response:
        response = API["components"]["responses"][response["$ref"].rpartition("/")[2]]
    schema = response["content"]["application/json"]["schema"]
    problems = list(Draft202012Validator(schema | {"components": API["components"]})
                    .iter_errors(body))
    assert not problems, problems[0]


def test_no_web_page_gets_in_by_another_name(run):
    """A page may make its own name stand for 127.0.0.1; the browser still sends that name."""
    def code(host: str) -> int:
        asked = urllib.request.Request(run.url + "/metrics", headers={"Host": host})
        try:
            with urllib.request.urlopen(asked, timeout=30) as response:
                return response.status
        except urllib.error.HTTPError as error:
            assert "localhost" in error.read().decode()
            return error.code

    for host in (f"localhost:{run.port}", "localhost", f"127.0.0.1:{run.port}", "[::1]:7878"):
        assert code(host) == 200, host
    for host in (f"evil.example:{run.port}", "evil.example", "127.0.0.1.evil.example"):
        assert code(host) == 403, host
