"""What a KafkaCluster's brokers ask of clients: more listeners, users, an authorizer.

A cluster always has its PLAINTEXT listener, by which brokers and the harness itself come; who comes
there is User:ANONYMOUS, a super user. Further listeners stand beside it:

    Security([sasl_listener(passwords)], has_authorizer=True)
"""

from dataclasses import dataclass, field

SASL_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")
_MODULES = "org.apache.kafka.common.security"


@dataclass(frozen=True)
class Listener:
    """One more listener of each broker. `settings` are its own, without `listener.name.NAME.`."""

    name: str
    protocol: str
    settings: dict[str, str] = field(default_factory=dict)

    def as_broker_settings(self) -> dict[str, str]:
        return {f"listener.name.{self.name.lower()}.{key}": value
                for key, value in self.settings.items()}


@dataclass(frozen=True)
class Security:
    listeners: list[Listener] = field(default_factory=list)
    has_authorizer: bool = False
    super_users: tuple[str, ...] = ("ANONYMOUS",)

    def as_broker_settings(self, uses_zookeeper: bool) -> dict[str, str]:
        """All but the listeners' addresses, which KafkaCluster adds."""
        settings: dict[str, str] = {}
        for listener in self.listeners:
            settings |= listener.as_broker_settings()
        if self.has_authorizer:
            settings |= {
                "authorizer.class.name": "kafka.security.authorizer.AclAuthorizer"
                if uses_zookeeper else "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users": ";".join(f"User:{name}" for name in self.super_users)}
        return settings


def sasl_listener(passwords: dict[str, str], name: str = "SASL", protocol: str = "SASL_PLAINTEXT",
                  **settings: str) -> Listener:
    """PLAIN knows the users of `passwords`; SCRAM those that requests make. Further settings are
    given with _ for dots."""
    users = " ".join(f'user_{user}="{password}"' for user, password in passwords.items())
    return Listener(name, protocol, {
        "sasl.enabled.mechanisms": ",".join(SASL_MECHANISMS),
        "plain.sasl.jaas.config": f"{_MODULES}.plain.PlainLoginModule required {users};",
        "scram-sha-256.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule required;",
        "scram-sha-512.sasl.jaas.config": f"{_MODULES}.scram.ScramLoginModule required;",
    } | {key.replace("_", "."): value for key, value in settings.items()})
