"""TLS and SASL against real brokers: every mechanism, what goes wrong, and how it heals."""

import pytest
from confluent_kafka.admin import AclOperation, ResourcePatternType, ResourceType

from lockstep import Link, run_cli
from records import SteadyProducer, assert_same_records, produce
from secure_cluster import GUEST, GUEST_PASSWORD, PASSWORD, USER, SecureCluster, give, take
from token_endpoint import TokenEndpoint, unsecured_token

MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")

# Which end of the link is secured.
both_ends = pytest.mark.parametrize("end", ["source", "target"])
with_and_without_tls = pytest.mark.parametrize(
    "end, listener", [("source", "SASL_PLAINTEXT"), ("target", "SASL_SSL")])


@pytest.fixture
def tls(secure) -> dict:
    return {"ca": str(secure.authority.certificate)}


def login(mechanism: str, password: str = PASSWORD, user: str = USER) -> dict:
    return {"mechanism": mechanism, "username": user, "password": password}


def at_listener(secure, listener: str, sasl: dict):
    trusted = {"tls": {"ca": str(secure.authority.certificate)}} if listener == "SASL_SSL" else {}
    return secure.at(listener, sasl=sasl, **trusted)


def ends(end: str, secured, plain) -> tuple:
    """Source and target of the link."""
    return (secured, plain) if end == "source" else (plain, secured)


@pytest.fixture
def plain(clusters):
    """The other end of the link."""
    return clusters.target()


def copy_through(source, target, lockstep, name: str, **options):
    """Copies a topic; both sides are the same afterwards."""
    source.create_topic(name)
    produce(source, name, [f"value {i}" for i in range(500)])
    process = lockstep(Link(source, target, [name], **options))
    process.wait_copied(name)
    assert_same_records(source, target, name)
    return process


def heals(process, source, name: str) -> None:
    """Copies what is written from now on, and says that nothing is wrong any more."""
    produce(source, name, ["after"] * 10)
    process.wait_lag_zero(name)
    process.wait(lambda: process.status()["problem"] == "", "no problem is left")


def wait_problem(process, *words: str) -> str:
    """Until the link says what is wrong, in these words."""
    def told() -> str:
        problem = process.status()["problem"]
        return problem if all(word in problem for word in words) else ""

    return process.wait(told, f"a problem with {words}")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_logs_in_at_the_source(secure, target, lockstep, name, mechanism):
    copy_through(secure.at("SASL_PLAINTEXT", sasl=login(mechanism)), target, lockstep, name)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_logs_in_at_the_target_over_tls(secure, source, lockstep, name, tls, mechanism):
    """That listener speaks TLS 1.2 only."""
    secured = secure.at("SASL_SSL", sasl=login(mechanism), tls=tls)
    copy_through(source, secured, lockstep, name)


def test_client_certificate(secure, target, lockstep, name, tls):
    """That listener speaks TLS 1.3 only, and asks for a certificate; the key has a password."""
    mine = secure.authority.issue(name, USER, password="open sesame")
    own = {"certificate": str(mine.certificate), "key": str(mine.key),
           "key_password": "open sesame", "min_version": "1.3"}
    copy_through(secure.at("SSL", tls=tls | own), target, lockstep, name)


def test_names_of_librdkafka(secure, target, lockstep, name):
    secured = secure.at("SASL_SSL")
    secured.security = None
    secured.more = {"security.protocol": "sasl_ssl", "sasl.mechanisms": "SCRAM-SHA-512",
                    "sasl.username": USER, "sasl.password": PASSWORD,
                    "ssl.ca.location": str(secure.authority.certificate)}
    copy_through(secured, target, lockstep, name)


@with_and_without_tls
def test_bearer_token(secure, plain, lockstep, name, tmp_path, end, listener):
    """From a file; one that has expired is refused, and a new one is taken without a restart."""
    token = tmp_path / "token"
    token.write_text(unsecured_token(USER, lasts=-60) + "\n")
    sasl = {"mechanism": "OAUTHBEARER", "token": f"${{file:{token}}}"}
    source, target = ends(end, at_listener(secure, listener, sasl), plain)
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    problem = wait_problem(process, "the configured token by OAUTHBEARER")
    assert "SASL_AUTHENTICATION_FAILED" in problem or "invalid_token" in problem
    token.write_text(unsecured_token(USER) + "\n")
    heals(process, source, name)


@pytest.fixture
def endpoint(secure, name):
    endpoint = TokenEndpoint(secure.authority.issue(name, "endpoint"), USER,
                             ("the client", "s3cret/+"))
    yield endpoint
    endpoint.stop()


def credentials(secure, endpoint: TokenEndpoint, secret: str) -> dict:
    return {"mechanism": "OAUTHBEARER", "token_endpoint": endpoint.url, "client_id": "the client",
            "client_secret": secret, "scope": "kafka all",
            "token_endpoint_ca": str(secure.authority.certificate)}


@with_and_without_tls
def test_client_credentials(secure, plain, lockstep, name, tmp_path, endpoint, end, listener):
    """Tokens of an endpoint over HTTPS; a wrong secret is said, and healed without a restart."""
    secret = tmp_path / "secret"
    secret.write_text("guess")
    sasl = credentials(secure, endpoint, f"${{file:{secret}}}")
    source, target = ends(end, at_listener(secure, listener, sasl), plain)
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    wait_problem(process, 'get a token for client "the client"', "401", "invalid_client")
    assert endpoint.given == []
    secret.write_text("s3cret/+")
    heals(process, source, name)
    assert len(endpoint.given) == 1  # for all connections


def test_a_token_that_brokers_refuse_is_asked_for_anew(secure, plain, lockstep, name, endpoint):
    """The endpoint says that it lasts for an hour, the brokers know better."""
    endpoint.lasts = -60
    source = at_listener(secure, "SASL_PLAINTEXT", credentials(secure, endpoint, "s3cret/+"))
    source.create_topic(name)
    process = lockstep(Link(source, plain, [name]), wait_ready=False)
    wait_problem(process, 'client "the client" by OAUTHBEARER')
    endpoint.lasts = 3600
    heals(process, source, name)
    assert len(endpoint.given) >= 2


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "OAUTHBEARER"])
def test_logs_in_again_in_time(secure, target, lockstep, name, mechanism):
    """The broker ends each login after 20 s; nobody notices."""
    sasl = (login(mechanism) if mechanism != "OAUTHBEARER" else
            {"mechanism": mechanism, "token": unsecured_token(USER)})
    source = secure.at("SASL_PLAINTEXT", sasl=sasl)
    source.create_topic(name, 2)
    process = lockstep(Link(source, target, [name], log_level="debug"))
    process.wait(lambda: process.partition(name, 1).get("state") == "running"
                 and process.partition(name, 0).get("state") == "running", "it copies")
    errors = process.status()["errors"]  # a new topic has no leader at first
    with SteadyProducer(source, name, per_second=500) as steady:
        def again() -> bool:
            return process.log_text().count("logged in again") >= 4

        process.wait(again, "it has logged in again on several connections", 120)
        produced = steady.stop()
    process.wait_copied(name)
    assert assert_same_records(source, target, name) == produced
    assert process.status()["errors"] == errors
    assert "disconnected" not in process.log_text()


@both_ends
@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_wrong_password(secure, plain, lockstep, name, tmp_path, mechanism, end):
    password = tmp_path / "password"
    password.write_text("not this one\n")
    secured = secure.at("SASL_PLAINTEXT", sasl=login(mechanism, f"${{file:{password}}}"))
    source, target = ends(end, secured, plain)
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    problem = wait_problem(process, f'as user "{USER}" by {mechanism}',
                           "SASL_AUTHENTICATION_FAILED")
    assert "not this one" not in problem
    process.wait(lambda: process.status()["problem"] in process.get("/readyz").text,
                 "/readyz says the same")
    password.write_text(PASSWORD + "\n")
    heals(process, source, name)


def test_no_such_mechanism_here(secure, target, lockstep, name):
    source = secure.at("SASL_PLAINTEXT")
    source.port = secure.brokers[0].port  # the plain listener
    source.security = {"protocol": "SASL_PLAINTEXT", "sasl": login("PLAIN")}
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    wait_problem(process, "is this a listener with SASL?")


def test_no_login_where_one_is_wanted(secure, target, lockstep, name):
    source = secure.at("SASL_PLAINTEXT")
    source.security = None
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    wait_problem(process, "does this listener want a login?")


@both_ends
@pytest.mark.parametrize("listener, words",
                         [("EXPIRED", ["not accepted", "certificate has expired"]),
                          ("ELSEWHERE", ["for another host", "IP address mismatch"])])
def test_broker_certificate(secure, plain, lockstep, name, tls, listener, words, end):
    """A certificate that must not be accepted; the broker then gets a good one."""
    bad = {"EXPIRED": secure.expired, "ELSEWHERE": secure.elsewhere}[listener]
    secure.use_certificate(listener, bad)
    source, target = ends(end, secure.at(listener, tls=tls), plain)
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    wait_problem(process, *words)
    secure.use_certificate(listener, secure.good)
    heals(process, source, name)


def test_own_certificate_is_renewed(secure, target, lockstep, name, tls):
    """The broker refuses an expired one; its files are read again when they have changed."""
    mine = secure.authority.issue(name, USER, days=-1)
    own = {"certificate": str(mine.certificate), "key": str(mine.key)}
    source = secure.at("SSL", tls=tls | own)
    source.create_topic(name)
    process = lockstep(Link(source, target, [name]), wait_ready=False)
    wait_problem(process, "the peer refuses us")
    secure.authority.issue(name, USER)
    heals(process, source, name)


READS = (AclOperation.READ, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS)
WRITES = (*READS, AclOperation.WRITE, AclOperation.CREATE, AclOperation.ALTER_CONFIGS)


@pytest.fixture
def own_state(secure):
    """A guest on the target may keep Lockstep's own topics and groups there."""
    acls = [give(secure, (ResourceType.GROUP, "*"), AclOperation.ALL),
            give(secure, (ResourceType.TOPIC, "__lockstep", ResourcePatternType.PREFIXED),
                 AclOperation.ALL)]
    yield
    for acl in acls:
        take(secure, acl)


@both_ends
def test_right_is_revoked_in_the_middle(secure, plain, lockstep, name, own_state, end):
    guest = secure.at("SASL_PLAINTEXT", sasl=login("PLAIN", GUEST_PASSWORD, GUEST))
    source, target = ends(end, guest, plain)
    other, needed = f"{name}-other", READS if end == "source" else WRITES
    taken = AclOperation.READ if end == "source" else AclOperation.WRITE
    for topic in (name, other):
        source.create_topic(topic)
        for operation in needed:
            secure.allow(GUEST, topic, operation)
    process = lockstep(Link(source, target, [name, other]))
    produce(source, name, ["before"] * 100)
    process.wait_lag_zero(name)
    secure.forbid(GUEST, name, taken)
    produce(source, name, ["meanwhile"] * 100)

    def told() -> bool:
        found = process.partition(name)
        return found["state"] != "running" and "authoriz" in found["reason"].lower()

    process.wait(told, "the partition says what it may not do", 30)
    produce(source, other, ["goes on"] * 100)
    process.wait_lag_zero(other)
    secure.allow(GUEST, name, taken)
    process.wait_lag_zero(name)
    assert_same_records(source, target, name)


@pytest.mark.parametrize("version", ["3.9.1", "2.8.2"])
def test_older_brokers(home, target, lockstep, name, tls, version):
    cluster = SecureCluster(version, f"secure-{version}", home)
    try:
        cluster.start()
        ca = {"ca": str(cluster.authority.certificate)}
        for mechanism, listener in zip(MECHANISMS, ("SASL_SSL", "SASL_PLAINTEXT", "SASL_SSL")):
            how = {"tls": ca} if listener == "SASL_SSL" else {}
            copy_through(cluster.at(listener, sasl=login(mechanism), **how), target, lockstep,
                         f"{name}-{mechanism}")
    finally:
        cluster.remove()


def test_commands_log_in_too(secure, target, lockstep, name, tls):
    secured = secure.at("SASL_SSL", sasl=login("SCRAM-SHA-512"), tls=tls)
    process = copy_through(secured, target, lockstep, name)
    for command in ("check", "verify", "cut"):
        done = run_cli(command, "-c", process.config, "--json")
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        assert PASSWORD not in done.stdout + done.stderr
