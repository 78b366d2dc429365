"""A real Kafka broker with a listener of every kind of security, and with ACLs.

Its plain listener is for the test's own administration (and its anonymous user may do everything).
Each other listener is seen through `Secured`: what Lockstep is told to connect to, and how.
"""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from confluent_kafka.admin import (AclBinding, AclBindingFilter, AclOperation, AclPermissionType,
                                   AlterConfigOpType, ConfigEntry, ConfigResource,
                                   ResourcePatternType, ResourceType, ScramCredentialInfo,
                                   ScramMechanism, UserScramCredentialUpsertion)

from broker import TEST_JVM, TEST_SETTINGS, Broker
from certificates import Authority, Certificate
from kafka_cluster import ClusterOptions, KafkaCluster
from processes import free_port
from topic_admin import TIMEOUT
from waiting import eventually

USER, PASSWORD = "lockstep", "correct horse, battery=staple"
GUEST, GUEST_PASSWORD = "guest", "let me in"  # may do only what ACLs say
STORE_PASSWORD = "the broker's own"
NETWORK_THREADS = 3  # of a listener: Kafka's default
REAUTHENTICATE_MS = 20_000  # of SCRAM-SHA-256 and OAUTHBEARER without TLS

# Name of the listener: its protocol.
LISTENERS = {"SASL_PLAINTEXT": "SASL_PLAINTEXT", "SASL_SSL": "SASL_SSL", "SSL": "SSL",
             "EXPIRED": "SSL", "ELSEWHERE": "SSL"}
LOGIN = "org.apache.kafka.common.security"


def login_settings(listener: str) -> dict[str, str]:
    """Who may log in at a listener with SASL."""
    prefix = f"listener.name.{listener.lower()}"
    plain = f'user_{USER}="{PASSWORD}" user_{GUEST}="{GUEST_PASSWORD}"'
    scram = f"{LOGIN}.scram.ScramLoginModule required;"
    return {
        f"{prefix}.sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
        f"{prefix}.plain.sasl.jaas.config": f"{LOGIN}.plain.PlainLoginModule required {plain};",
        f"{prefix}.scram-sha-256.sasl.jaas.config": scram,
        f"{prefix}.scram-sha-512.sasl.jaas.config": scram,
        f"{prefix}.oauthbearer.sasl.jaas.config":
            f"{LOGIN}.oauthbearer.OAuthBearerLoginModule required "
            'unsecuredLoginStringClaim_sub="broker";',
    }


class SecureCluster(KafkaCluster):
    """One broker. `at(LISTENER, ...)` is the cluster as it is seen through one listener."""

    def __init__(self, version: str, name: str, root: Path, jvm: tuple[str, ...] = TEST_JVM):
        self.ports = {listener: free_port() for listener in LISTENERS}
        self.authority = Authority(root / f"{name}-certificates")
        self.good = self.authority.issue("broker", "broker", password=STORE_PASSWORD)
        self.expired = self.authority.issue("expired", "broker", days=-1, password=STORE_PASSWORD)
        self.elsewhere = self.authority.issue("elsewhere", "broker", "DNS:elsewhere,IP:127.0.0.2",
                                              password=STORE_PASSWORD)
        super().__init__(version, name, root, ClusterOptions(1, jvm, self._settings_of()))

    def start(self) -> "SecureCluster":
        super().start()
        for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
            for user, password in ((USER, PASSWORD), (GUEST, GUEST_PASSWORD)):
                self.set_scram(user, password, mechanism)
        return self

    def at(self, listener: str, **security) -> "Secured":
        return Secured(self, self.ports[listener], {"protocol": LISTENERS[listener]} | security)

    def set_scram(self, user: str, password: str, mechanism: ScramMechanism) -> None:
        change = UserScramCredentialUpsertion(user, ScramCredentialInfo(mechanism, 4096),
                                              password.encode())
        self.admin.alter_user_scram_credentials([change])[user].result(TIMEOUT)

    def allow(self, user: str, topic: str, operation: AclOperation) -> None:
        acl = AclBinding(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL, f"User:{user}",
                         "*", operation, AclPermissionType.ALLOW)
        self.admin.create_acls([acl])[acl].result(TIMEOUT)

    def forbid(self, user: str, topic: str, operation: AclOperation) -> None:
        """Takes back what the user was allowed."""
        acl = AclBindingFilter(ResourceType.TOPIC, topic, ResourcePatternType.LITERAL,
                               f"User:{user}", "*", operation, AclPermissionType.ALLOW)
        assert self.admin.delete_acls([acl])[acl].result(TIMEOUT)

    def use_certificate(self, listener: str, certificate: Certificate) -> None:
        """Gives a listener another certificate while the broker runs (KIP-226); who comes from now
        on sees it."""
        entry = ConfigEntry(f"listener.name.{listener.lower()}.ssl.keystore.location",
                            str(certificate.both), incremental_operation=AlterConfigOpType.SET)
        broker = ConfigResource(ConfigResource.Type.BROKER, "1", incremental_configs=[entry])
        self.admin.incremental_alter_configs([broker])[broker].result(TIMEOUT)
        wanted = ssl.PEM_cert_to_DER_cert(certificate.certificate.read_text())

        def shown() -> bytes:
            address = ("127.0.0.1", self.ports[listener])
            return ssl.PEM_cert_to_DER_cert(ssl.get_server_certificate(address))

        # Each of the listener's threads, which take turns, is told by itself.
        eventually(lambda: all(shown() == wanted for _ in range(2 * NETWORK_THREADS)),
                   f"{listener} shows its new certificate")

    def _settings_of(self) -> dict[str, str]:
        settings = TEST_SETTINGS | {
            "super.users": f"User:ANONYMOUS;User:{USER};User:CN={USER}",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(self.authority.certificate),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": str(self.good.both),
            "ssl.key.password": STORE_PASSWORD,
            "ssl.allow.dn.changes": "true",
            "ssl.allow.san.changes": "true",
            "listener.name.expired.ssl.keystore.location": str(self.expired.both),
            "listener.name.elsewhere.ssl.keystore.location": str(self.elsewhere.both),
            "listener.name.ssl.ssl.client.auth": "required",
            "listener.name.ssl.ssl.enabled.protocols": "TLSv1.3",
            "listener.name.sasl_ssl.ssl.enabled.protocols": "TLSv1.2",
            "connection.failed.authentication.delay.ms": "10",
        }
        for listener in ("SASL_PLAINTEXT", "SASL_SSL"):
            settings |= login_settings(listener)
        for mechanism in ("scram-sha-256", "oauthbearer"):
            settings[f"listener.name.sasl_plaintext.{mechanism}.connections.max.reauth.ms"] = \
                str(REAUTHENTICATE_MS)
        return settings

    def _broker_settings(self, broker: Broker) -> dict[str, str]:
        settings = super()._broker_settings(broker)
        more = ",".join(f"{name}://127.0.0.1:{port}" for name, port in self.ports.items())
        plain = f"PLAINTEXT://127.0.0.1:{broker.port}"
        protocols = ",".join(f"{name}:{protocol}" for name, protocol in LISTENERS.items())
        inner = "" if self.uses_zookeeper else f",CONTROLLER://127.0.0.1:{broker.controller_port}"
        authorizer = ("kafka.security.authorizer.AclAuthorizer" if self.uses_zookeeper else
                      "org.apache.kafka.metadata.authorizer.StandardAuthorizer")
        return settings | {
            "listeners": f"{plain},{more}{inner}",
            "advertised.listeners": f"{plain},{more}",
            "listener.security.protocol.map":
                f"CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,{protocols}",
            "inter.broker.listener.name": "PLAINTEXT",
            "authorizer.class.name": authorizer,
        }


def give(cluster: SecureCluster, resource: tuple, operation: AclOperation) -> AclBinding:
    """Allows GUEST something. `resource`: its type and name, and a pattern's type where it is not
    literal."""
    pattern = resource[2] if len(resource) > 2 else ResourcePatternType.LITERAL
    acl = AclBinding(*resource[:2], pattern, f"User:{GUEST}", "*", operation,
                     AclPermissionType.ALLOW)
    cluster.admin.create_acls([acl])[acl].result(TIMEOUT)
    return acl


def take(cluster: SecureCluster, acl: AclBinding) -> None:
    found = AclBindingFilter(acl.restype, acl.name, acl.resource_pattern_type, acl.principal,
                             acl.host, acl.operation, acl.permission_type)
    assert cluster.admin.delete_acls([found])[found].result(TIMEOUT)


@dataclass
class Secured:
    """A cluster whose one listener Lockstep is to use; for the test's own clients all is the
    cluster's."""

    cluster: SecureCluster
    port: int
    security: dict[str, Any] | None = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)  # keys of the cluster's entry

    @property
    def secured_at(self) -> str:
        return f"127.0.0.1:{self.port}"

    def __getattr__(self, name: str):
        return getattr(self.cluster, name)
