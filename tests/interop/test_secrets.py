"""Secrets stay secret, and the HTTP port opens only to whom it should."""

import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

import pytest

from certificates import Authority
from lockstep import Link, run_cli
from paths import lockstep_binary
from records import produce, read
from test_security import copy_through, login
from secure_cluster import USER
from token_endpoint import TokenEndpoint

VIEW, OPERATE = "view-hunter2-view", "operate-hunter2-operate"
WRONG = "wr0ng-hunter2-wr0ng"
KEY_PASSWORD = "key-hunter2-key"


LOOKING = ("check", "plan", "diff", "history", "verify", "cut")  # with a configuration
# Of a running Lockstep.
ASKING = ("status", "links", "topics", "groups", "lag", "explain", "regions", "logs")
PATHS = ("/", "/metrics", "/healthz", "/readyz", "/nowhere", "/api/v1/status", "/api/v1/links",
         "/api/v1/topics", "/api/v1/groups", "/api/v1/lag", "/api/v1/explain", "/api/v1/clusters",
         "/api/v1/regions", "/api/v1/log")


def everything_said(process, get=None) -> dict[str, str]:
    """All that lockstep prints, logs and answers, and what it has written to the target. `get`
    gives the text of a page where that needs more than its path."""
    get = get or (lambda path: process.get(path).text)
    said = {"GET " + path: get(path) for path in PATHS}
    for command in (*LOOKING, "apply"):
        for more in ([], ["--json"]):
            done = run_cli(command, "-c", process.config, *more, timeout=180)
            said[" ".join([command, *more])] = done.stdout + done.stderr
    for command in ASKING:
        for more in ([], ["--json"]):
            done = run_cli(command, "--url", process.url, *more)
            said[" ".join([command, *more])] = done.stdout + done.stderr
    for command in ("pause", "resume"):
        done = run_cli(command, "--link", "east-to-west", "--url", process.url)
        said[command] = done.stdout + done.stderr
    assert all(said.values()), [where for where, text in said.items() if not text]
    for topic in process.link.target.admin.list_topics(timeout=60).topics:
        if topic.startswith("__lockstep"):
            said[topic] = str(read(process.link.target, topic))
    return said | {"log": process.log_text()}


def assert_silent_on(said: dict[str, str], *secrets: str) -> None:
    for where, text in said.items():
        for hidden in secrets:
            assert hidden not in text, f"{hidden} in {where}"


@pytest.mark.parametrize("password", ["right", "wrong"])
def test_secrets_are_in_no_output(secure, target, lockstep, name, tmp_path,
                                  password):
    """Also not where logins fail and while everything is logged."""
    from secure_cluster import PASSWORD
    mine = secure.authority.issue(name, USER, password=KEY_PASSWORD)
    secret = PASSWORD if password == "right" else WRONG
    source = secure.at("SASL_SSL", sasl=login("PLAIN", secret),
                       tls={"ca": str(secure.authority.certificate),
                            "certificate": str(mine.certificate), "key": str(mine.key),
                            "key_password": KEY_PASSWORD})
    source.create_topic(name)
    produce(source, name, ["value"])
    process = lockstep(Link(source, target, [name], log_level="trace"),
                       wait_ready=password == "right")
    if password == "right":
        process.wait_copied(name)
    else:
        process.wait(lambda: "SASL_AUTHENTICATION_FAILED" in process.status()["problem"],
                     "the password is refused")
    assert_silent_on(everything_said(process), secret, KEY_PASSWORD, "hunter2")


@pytest.mark.parametrize("client_secret", ["right", "wrong"])
def test_client_secrets_and_tokens_are_in_no_output(secure, target, lockstep, name,
                                                    client_secret):
    """Nor is what the token endpoint gives out."""
    endpoint = TokenEndpoint(secure.authority.issue(name, "endpoint"), USER,
                             ("the client", "client-hunter2"))
    sasl = {"mechanism": "OAUTHBEARER", "token_endpoint": endpoint.url, "client_id": "the client",
            "client_secret": "client-hunter2" if client_secret == "right" else WRONG,
            "scope": "kafka all", "token_endpoint_ca": str(secure.authority.certificate)}
    source = secure.at("SASL_PLAINTEXT", sasl=sasl)
    source.create_topic(name)
    produce(source, name, ["value"])
    process = lockstep(Link(source, target, [name], log_level="trace"),
                       wait_ready=client_secret == "right")
    if client_secret == "right":
        process.wait_copied(name)
    else:
        process.wait(lambda: "invalid_client" in process.status()["problem"], "it is refused")
    # A token's first part is the same for all, the second says for whom.
    given = [token.split(".")[1] for token in endpoint.given]
    assert bool(given) == (client_secret == "right")
    assert_silent_on(everything_said(process), "hunter2", *given)
    endpoint.stop()


def test_bad_configurations_repeat_no_secret(tmp_path):
    config = tmp_path / "bad.yaml"
    for wrong in ("security: {protocol: SASL, sasl: hunter2}",
                  "security: {protocol: SASL_SSL, sasl: {mechanism: PLAIN, password: [hunter2]}}",
                  "sasl.password: hunter2"):
        config.write_text(f"clusters: [{{name: east, bootstrap: 'a:1', {wrong}}}]\nlinks: []\n")
        done = run_cli("check", "-c", config)
        assert done.returncode == 2 and "bad.yaml:1:" in done.stderr
        assert "hunter2" not in done.stdout + done.stderr


class HttpsClient:
    def __init__(self, port: int, authority: Authority):
        self._url = f"https://127.0.0.1:{port}"
        self._context = ssl.create_default_context(cafile=str(authority.certificate))

    def status(self, path: str, token: str = "", method: str = "GET") -> int:
        return self.ask(path, token, method)[0]

    def ask(self, path: str, token: str = "", method: str = "GET") -> tuple[int, str]:
        """The status, and the text of the answer."""
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        body = b"{}" if method == "POST" else None
        request = urllib.request.Request(self._url + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30, context=self._context) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


def test_http_with_tls_and_tokens(source, target, lockstep, name, tmp_path):
    authority = Authority(tmp_path / "http")
    server = authority.issue("server", "server", password=KEY_PASSWORD)
    token = tmp_path / "token"
    token.write_text(OPERATE + "\n")
    http = (f"  tls: {{certificate: {server.certificate}, key: {server.key}, "
            f"key_password: {KEY_PASSWORD}}}\n"
            f"  tokens:\n    - {{name: prometheus, token: {VIEW}}}\n"
            f"    - {{name: me, token: '${{file:{token}}}', role: operate}}\n")
    process = lockstep(Link(source, target, [name], http=http), wait_ready=False)
    client = HttpsClient(process.port, authority)
    process.wait(lambda: client.status("/readyz", VIEW) == 200, "it is ready")
    assert client.status("/healthz") == 200
    assert [client.status("/readyz", t) for t in ("guess", VIEW)] == [200, 200], "probes have none"
    for path in ("/metrics", "/api/v1/status", "/"):
        assert [client.status(path, t) for t in ("", "guess", VIEW, OPERATE)] == \
            [401, 401, 200, 200], path
    assert client.status("/api/v1/pause", VIEW, "POST") == 403
    assert client.status("/api/v1/pause", OPERATE, "POST") == 400  # it may, but has to say what
    token.write_text("another\n")  # tokens are read anew
    assert client.status("/metrics", OPERATE) == 401
    assert client.status("/metrics", "another") == 200
    assert process.get("/metrics").code == 0  # without TLS there is no answer
    renewed = Authority(tmp_path / "renewed")
    made = renewed.issue("server", "server", password=KEY_PASSWORD)
    server.certificate.write_bytes(made.certificate.read_bytes())
    server.key.write_bytes(made.key.read_bytes())
    assert HttpsClient(process.port, renewed).status("/metrics", VIEW) == 200


def test_what_opens_the_http_port_is_in_no_output(source, target, lockstep, name, tmp_path,
                                                  monkeypatch):
    """Neither tokens, also wrong ones, nor the password of the certificate's key."""
    authority = Authority(tmp_path / "http")
    server = authority.issue("server", "server", password=KEY_PASSWORD)
    http = (f"  tls: {{certificate: {server.certificate}, key: {server.key}, "
            f"key_password: {KEY_PASSWORD}}}\n"
            f"  tokens:\n    - {{name: prometheus, token: {VIEW}}}\n"
            f"    - {{name: me, token: {OPERATE}, role: operate}}\n")
    source.create_topic(name)
    produce(source, name, ["value"])
    process = lockstep(Link(source, target, [name], http=http, log_level="trace"),
                       wait_ready=False)
    process.wait_copied(name)
    client = HttpsClient(process.port, authority)
    process.wait(lambda: client.status("/readyz", VIEW) == 200, "it is ready")
    process.url = process.url.replace("http:", "https:")
    monkeypatch.setenv("LOCKSTEP_CA", str(authority.certificate))
    monkeypatch.setenv("LOCKSTEP_TOKEN", OPERATE)
    said = everything_said(process, lambda path: client.ask(path, OPERATE)[1])
    said |= {f"GET {path} with {who}": client.ask(path, token)[1] for path in PATHS
             for who, token in (("a wrong token", WRONG), ("a token to view", VIEW))}
    for token in (WRONG, VIEW):
        monkeypatch.setenv("LOCKSTEP_TOKEN", token)
        done = run_cli("pause", "--link", "east-to-west", "--url", process.url)
        assert done.returncode != 0
        said[f"pause with {'a wrong' if token == WRONG else 'another'} token"] = \
            done.stdout + done.stderr
    assert_silent_on(said | {"log": process.log_text()}, "hunter2")


MM2 = """\
clusters = east, west
east.bootstrap.servers = 127.0.0.1:1
west.bootstrap.servers = 127.0.0.1:1
east->west.enabled = true
east.security.protocol = SASL_SSL
east.sasl.mechanism = PLAIN
east.sasl.jaas.config = org.apache.kafka.common.security.plain.PlainLoginModule required \
  username="user" password="jaas-hunter2";
east.ssl.truststore.password = trust-hunter2
west.security.protocol = SSL
west.ssl.keystore.type = PEM
west.ssl.keystore.key = key-hunter2
west.ssl.key.password = password-hunter2
consumer.sasl.oauthbearer.client.credentials.client.secret = client-hunter2
"""

STRIMZI = """\
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaMirrorMaker2
metadata: {name: mirror}
spec:
  connectCluster: west
  clusters:
    - alias: east
      bootstrapServers: 127.0.0.1:1
      config:
        ssl.keystore.password: key-hunter2
        sasl.jaas.config: Module required username="user" password="jaas-hunter2";
    - {alias: west, bootstrapServers: "127.0.0.1:1"}
  mirrors:
    - {sourceCluster: east, targetCluster: west, topicsPattern: orders}
"""


@pytest.mark.parametrize("file, text", [("mm2.properties", MM2), ("mirror.yaml", STRIMZI)])
def test_import_shows_no_secret(tmp_path, file, text):
    (tmp_path / file).write_text(text)
    said = {}
    for more in ([], ["--continue", "--draft"]):
        written = tmp_path / f"lockstep{len(more)}.yaml"
        for output in (written, "-"):
            done = run_cli("import", *more, tmp_path / file, "--output", output)
            assert done.returncode == 0, done.stdout + done.stderr
            said[f"import {more} to {output}"] = done.stdout + done.stderr
        said[str(written)] = written.read_text()
    assert_silent_on(said, "hunter2")
    assert any("(hidden)" in text for text in said.values())


def test_status_command_with_tls_and_a_token(source, target, lockstep, name, tmp_path):
    authority = Authority(tmp_path / "http")
    server = authority.issue("server", "server")
    http = (f"  tls: {{certificate: {server.both}}}\n"
            f"  tokens: [{{name: me, token: {VIEW}}}]\n")
    source.create_topic(name)
    process = lockstep(Link(source, target, [name], http=http), wait_ready=False)
    url = process.url.replace("http:", "https:")

    def status(**environment):
        return subprocess.run(
            [lockstep_binary(), "status", "--url", url, "--json"], capture_output=True, text=True,
            timeout=120, env=os.environ | environment)

    trusted = {"LOCKSTEP_CA": str(authority.certificate)}
    process.wait(lambda: status(LOCKSTEP_TOKEN=VIEW, **trusted).returncode == 0, "status answers")
    assert json.loads(status(LOCKSTEP_TOKEN=VIEW, **trusted).stdout)["links"]
    refused = status(**trusted)
    assert refused.returncode != 0 and "LOCKSTEP_TOKEN" in refused.stderr
    distrusted = status(LOCKSTEP_TOKEN=VIEW)
    assert distrusted.returncode != 0 and "certificate" in distrusted.stderr
    assert VIEW not in refused.stderr + distrusted.stderr
