"""A sandbox that asks who comes, and lets them do only what they may: librdkafka and Java."""

from contextlib import contextmanager
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType,
                                   AdminClient, ResourcePatternType, ResourceType,
                                   ScramCredentialInfo, ScramMechanism,
                                   UserScramCredentialUpsertion)

from java_tools import tool
from sandbox_process import Sandbox
from topic_admin import CLIENT, TIMEOUT
from waiting import Hopeless, eventually

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
PASSWORDS = {"admin": "secret", "alice": "won:der"}


def login(user: str, mechanism: str = "PLAIN", password: str = "") -> dict[str, str]:
    return {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism,
            "sasl.username": user, "sasl.password": password or PASSWORDS[user]}


@contextmanager
def guarded(directory: Path, kafka: str, *options):
    users = [word for user, password in PASSWORDS.items()
             for word in ("--sasl", f"{user}:{password}")]
    sandbox = Sandbox(directory, kafka, (*users, *options), login("admin")).start()
    yield sandbox.clusters[0]
    sandbox.stop()


@pytest.fixture(scope="module")
def cluster(home):
    with guarded(home, "4.3", "--authorizer") as cluster:
        yield cluster


def client_of(cluster, who: dict[str, str]) -> dict:
    return CLIENT | who | {"bootstrap.servers": cluster.bootstrap}


def written(cluster, who: dict[str, str], topic: str, *values: str) -> list:
    """Writes as somebody; the errors of the records."""
    errors = []
    client = Producer(client_of(cluster, who) | {"message.timeout.ms": 60000})
    for value in values:
        client.produce(topic, value,
                       on_delivery=lambda error, _: errors.append(error and error.name()))
    client.flush(90)
    return errors


def all_values(cluster, who: dict[str, str], topic: str, group: str, count: int) -> list[bytes]:
    consumer = Consumer(client_of(cluster, who) | {"group.id": group,
                                                   "auto.offset.reset": "earliest"})
    consumer.subscribe([topic])
    found: list[bytes] = []

    def enough() -> bool:
        for message in consumer.consume(count - len(found), 0.2):
            if message.error() is not None:
                raise Hopeless(message.error().name())
            found.append(message.value())
        return len(found) == count

    try:
        eventually(enough, f"{count} records of {topic}")
    finally:
        consumer.close()
    return found


@pytest.mark.parametrize("kafka", ["4.3", "3.9", "2.8"])
def test_librdkafka_logs_in_by_every_mechanism(tmp_path, name, kafka):
    with guarded(tmp_path, kafka) as cluster:
        cluster.create_topic(name)
        for mechanism in MECHANISMS:
            assert written(cluster, login("alice", mechanism), name, mechanism) == [None]
        assert all_values(cluster, login("alice", "SCRAM-SHA-512"), name, name, 3) == \
            [mechanism.encode() for mechanism in MECHANISMS]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password_is_refused(cluster, mechanism):
    said: list = []
    client = AdminClient(client_of(cluster, login("alice", mechanism, "guess"))
                         | {"error_cb": lambda error: said.append(error.name())})
    with pytest.raises(KafkaException):
        client.list_topics(timeout=1)
    eventually(lambda: client.poll(0.1) >= 0 and "_AUTHENTICATION" in said, "it is told why")


def test_who_does_not_log_in_gets_nothing(cluster):
    with pytest.raises(KafkaException):
        AdminClient(client_of(cluster, {})).list_topics(timeout=2)


def java_login(directory: Path, mechanism: str, module: str) -> Path:
    config = directory / "admin.properties"
    config.write_text(f"""\
security.protocol=SASL_PLAINTEXT
sasl.mechanism={mechanism}
sasl.jaas.config=org.apache.kafka.common.security.{module} required \\
  username="admin" password="{PASSWORDS["admin"]}";
""")
    return config


@pytest.mark.parametrize("mechanism, module", [("PLAIN", "plain.PlainLoginModule"),
                                               ("SCRAM-SHA-512", "scram.ScramLoginModule")])
def test_java_logs_in(cluster, name, tmp_path, mechanism, module):
    config = java_login(tmp_path, mechanism, module)
    cluster.create_topic(name)
    tool(cluster, "kafka-console-producer", "--topic", name, "--command-config", config,
         words="one\ntwo\n")
    told = tool(cluster, "kafka-console-consumer", "--topic", name, "--from-beginning",
                "--max-messages", 2, "--timeout-ms", 90000, "--command-config", config)
    assert told.splitlines() == ["one", "two"]


def test_kafka_acls(cluster, name, tmp_path):
    config = java_login(tmp_path, "PLAIN", "plain.PlainLoginModule")
    cluster.create_topic(name)
    tool(cluster, "kafka-acls", "--command-config", config, "--add", "--allow-principal",
         "User:alice", "--producer", "--topic", name)
    assert written(cluster, login("alice"), name, "three") == [None]
    told = tool(cluster, "kafka-acls", "--command-config", config, "--list", "--topic", name)
    assert told.count("principal=User:alice") == 3
    tool(cluster, "kafka-acls", "--command-config", config, "--remove", "--force",
         "--allow-principal", "User:alice", "--producer", "--topic", name)
    assert written(cluster, login("alice"), name, "four") == ["TOPIC_AUTHORIZATION_FAILED"]


def test_acls_say_who_may_what(cluster, name):
    def acl(kind: ResourceType, operation: AclOperation) -> AclBinding:
        return AclBinding(kind, name, ResourcePatternType.PREFIXED, "User:alice", "*", operation,
                          AclPermissionType.ALLOW)

    cluster.create_topic(name)
    assert written(cluster, login("alice"), name, "no") == ["TOPIC_AUTHORIZATION_FAILED"]
    may_write = acl(ResourceType.TOPIC, AclOperation.WRITE)
    cluster.admin.create_acls([may_write])[may_write].result(TIMEOUT)
    assert written(cluster, login("alice"), name, "yes") == [None]
    with pytest.raises(Hopeless, match="GROUP_AUTHORIZATION_FAILED"):
        all_values(cluster, login("alice"), name, name, 1)
    for more in (acl(ResourceType.TOPIC, AclOperation.READ),
                 acl(ResourceType.GROUP, AclOperation.READ)):
        cluster.admin.create_acls([more])[more].result(TIMEOUT)
    assert all_values(cluster, login("alice"), name, name, 1) == [b"yes"]
    mine = AclBindingFilter(ResourceType.ANY, name, ResourcePatternType.ANY, None, None,
                            AclOperation.ANY, AclPermissionType.ANY)
    assert len(cluster.admin.describe_acls(mine).result(TIMEOUT)) == 3
    assert len(cluster.admin.delete_acls([mine])[mine].result(TIMEOUT)) == 3
    assert written(cluster, login("alice"), name, "no more") == ["TOPIC_AUTHORIZATION_FAILED"]
    assert cluster.end_offsets(name) == {0: 1}


def test_users_are_made_while_it_runs(cluster, name):
    bob = UserScramCredentialUpsertion(
        "bob", ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), b"builder", b"some salt")
    cluster.admin.alter_user_scram_credentials([bob])["bob"].result(TIMEOUT)
    described = cluster.admin.describe_user_scram_credentials(["bob"])["bob"].result(TIMEOUT)
    assert [info.iterations for info in described.scram_credential_infos] == [4096]
    topics = AdminClient(client_of(cluster, login("bob", "SCRAM-SHA-256", "builder"))).list_topics(
        timeout=TIMEOUT).topics
    assert topics == {}  # he is in, and may see nothing
