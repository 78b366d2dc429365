"""Coming from MirrorMaker 2: its configuration as Lockstep's."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from java_tools import SMALL_JVM
from paths import NEWEST_KAFKA, ROOT, kafka_jars, lockstep_binary

_KEYS = ROOT / "tests" / "interop" / "kafka" / "MirrorMakerKeys.java"
_SAID = {"clusters", "bootstrap.servers", "enabled"}  # by the head of each file


def imported(directory: Path, text: str) -> tuple[Path, str]:
    """The file that is written, and what is said."""
    source, target = directory / "mm2.properties", directory / "lockstep.yaml"
    source.write_text(text)
    run = subprocess.run([lockstep_binary(), "import", source, "--output", target],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 0, run.stderr
    return target, run.stderr


def head(source: str, target: str) -> str:
    return (f"clusters = east, west\neast.bootstrap.servers = {source}\n"
            f"west.bootstrap.servers = {target}\neast->west.enabled = true\n")


def known_settings() -> list[str]:
    """What the newest MirrorMaker 2, Connect and its clients may be told, wherever it may stand."""
    told = subprocess.run(["java", *SMALL_JVM, "-cp", f"{kafka_jars(NEWEST_KAFKA)}/*", _KEYS],
                          capture_output=True, text=True, timeout=300)
    assert told.returncode == 0, told.stderr
    found = []
    for who, key in (line.split() for line in told.stdout.splitlines()):
        if key in _SAID:
            continue
        if who == "mirror":
            found += [key, f"east->west.{key}", f"west.{key}"]
        else:
            found += [f"east.consumer.{key}", f"west.producer.{key}", f"admin.{key}",
                      f"producer.override.{key}", f"east->west.source.consumer.{key}"]
    return found


def test_every_setting_of_mirror_maker_is_known(tmp_path):
    settings = known_settings()
    assert len(settings) > 800
    text = head("e:9092", "w:9092") + "".join(f"{key} = 1\n" for key in settings)
    path, said = imported(tmp_path, text)
    assert "unknown" not in said
    written = re.sub(r"\n *#     ", " ", path.read_text())  # comments as they were before wrapping
    for number, line in enumerate(text.splitlines(), 1):
        assert f"(line {number})" in written, line


STRIMZI_V1BETA2 = """
apiVersion: kafka.strimzi.io/v1beta2
kind: KafkaMirrorMaker2
metadata:
  name: mirror
  namespace: kafka
  labels: {app: mirror}
  annotations:
    strimzi.io/pause-reconciliation: "false"
spec:
  version: 3.9.0
  replicas: 2
  image: registry/kafka:3.9.0
  connectCluster: west
  clientRackInitImage: registry/init
  rack: {topologyKey: topology.kubernetes.io/zone}
  jvmOptions:
    -Xmx: 2g
    -XX: {UseG1GC: true}
    javaSystemProperties:
      - {name: a, value: b}
  logging: {type: inline, loggers: {rootLogger.level: INFO}}
  tracing: {type: opentelemetry}
  metricsConfig:
    type: jmxPrometheusExporter
    valueFrom: {configMapKeyRef: {name: metrics, key: rules.yml}}
  livenessProbe: {initialDelaySeconds: 40, timeoutSeconds: 5}
  readinessProbe: {initialDelaySeconds: 40, timeoutSeconds: 5}
  resources:
    requests: {cpu: "1", memory: 2Gi}
    limits: {cpu: "2", memory: 2Gi}
  externalConfiguration:
    env:
      - name: TOKEN
        valueFrom: {secretKeyRef: {name: s, key: token}}
    volumes: []
  template:
    pod:
      metadata: {annotations: {}}
      tolerations:
        - {key: dedicated, operator: Exists, effect: NoSchedule}
      affinity: {}
    connectContainer:
      env:
        - {name: JAVA_OPTS, value: "-Dx=y"}
  clusters:
    - alias: east
      bootstrapServers: e1:9093,e2:9093
      tls:
        trustedCertificates:
          - {secretName: ca, certificate: ca.crt}
          - {secretName: ca2, pattern: "*.crt"}
      authentication:
        type: tls
        certificateAndKey: {secretName: u, certificate: user.crt, key: user.key}
      config:
        ssl.endpoint.identification.algorithm: ""
        consumer.fetch.max.bytes: 1000000
    - alias: west
      bootstrapServers: w:9092
      authentication:
        type: scram-sha-512
        username: me
        passwordSecret: {secretName: s, password: p}
      config:
        config.storage.replication.factor: -1
        offset.storage.replication.factor: -1
        status.storage.replication.factor: -1
        producer.compression.type: lz4
        listeners:
  mirrors:
    - sourceCluster: east
      targetCluster: west
      topicsPattern: "orders|payments-.*"
      topicsExcludePattern: |
        payments-test
      groupsPattern: "app-.*"
      groupsExcludePattern: ""
      sourceConnector:
        tasksMax: 4
        pause: False
        autoRestart: {enabled: true, maxRestarts: 7}
        config:
          replication.factor: 3
          offset-syncs.topic.replication.factor: 3
          sync.topic.acls.enabled: "False"
          refresh.topics.interval.seconds: 60
          replication.policy.class: org.apache.kafka.connect.mirror.IdentityReplicationPolicy
          producer.override.batch.size: 327680
      checkpointConnector:
        tasksMax: 1
        config:
          checkpoints.topic.replication.factor: 3
          sync.group.offsets.enabled: True
          refresh.groups.interval.seconds: 60
          replication.policy.class: org.apache.kafka.connect.mirror.IdentityReplicationPolicy
      heartbeatConnector:
        state: running
        config:
          heartbeats.topic.replication.factor: 3
"""

STRIMZI_V1 = """
apiVersion: kafka.strimzi.io/v1
kind: KafkaMirrorMaker2
metadata: {name: mirror}
spec:
  replicas: 1
  target:
    alias: west
    bootstrapServers: w:9092
    groupId: mm2
    configStorageTopic: mm2-configs
    offsetStorageTopic: mm2-offsets
    statusStorageTopic: mm2-status
    config: {producer.acks: all}
  mirrors:
    - source:
        alias: east
        bootstrapServers: e:9092
        tls: {trustedCertificates: [{secretName: ca, pattern: "*.crt"}]}
      topicsPattern: ".*"
      sourceConnector:
        state: running
        listOffsets: {toConfigMap: {name: offsets}}
        config: {replication.factor: -1}
    - source: {alias: north, bootstrapServers: "n:9092"}
      topicsPattern: logs
      sourceConnector: {}
"""


def leaves(node: yaml.Node, path: str) -> list[tuple[str, int]]:
    """Each value of a YAML document, with its line."""
    if isinstance(node, yaml.MappingNode) and node.value:
        return [leaf for key, value in node.value
                for leaf in leaves(value, f"{path}.{key.value}".lstrip("."))]
    if isinstance(node, yaml.SequenceNode) and node.value:
        return [leaf for i, value in enumerate(node.value)
                for leaf in leaves(value, f"{path}[{i}]")]
    return [(path, node.start_mark.line + 1)]


@pytest.mark.parametrize("text", [STRIMZI_V1BETA2, STRIMZI_V1], ids=["v1beta2", "v1"])
def test_every_value_of_strimzi_has_its_comment(text, tmp_path):
    found = leaves(yaml.compose(text), "")
    assert len(found) > 20
    path, said = imported(tmp_path, text)
    assert "unknown" not in said
    written = re.sub(r"\n *#     ", " ", path.read_text())  # comments as they were before wrapping
    comments = [line for line in written.splitlines() if line.lstrip().startswith("#")]
    for where, line in found:
        assert any(f": {where} = " in c and f"(line {line})" in c for c in comments), (where, line)


def test_no_file_is_overwritten(tmp_path):
    path, _ = imported(tmp_path, head("e:9092", "w:9092"))
    path.write_text("mine")
    run = subprocess.run([lockstep_binary(), "import", tmp_path / "mm2.properties", "-o", path],
                         capture_output=True, text=True, timeout=120)
    assert run.returncode == 1 and "is there already" in run.stderr
    assert path.read_text() == "mine"


def test_what_is_written_passes_check(source, target, name, tmp_path):
    source.create_topic(name, 2)
    source.create_topic(name + "-other")
    path, said = imported(tmp_path, head(source.bootstrap, target.bootstrap)
                          + f"east->west.topics = {name}\nreplication.factor = 1\n")
    assert "unknown" not in said and "by hand" not in said
    check = subprocess.run([lockstep_binary(), "check", "-c", path], capture_output=True,
                           text=True, timeout=300)
    assert check.returncode == 0, check.stdout + check.stderr
    assert name in check.stdout and name + "-other" not in check.stdout
