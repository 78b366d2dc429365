"""The client's side of SASL: tokens of PLAIN and SCRAM, also wrong ones."""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass, field

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}


def plain_token(user: str, password: str, identity: str = "") -> bytes:
    return b"\0".join(part.encode() for part in (identity, user, password))


def salted_password(mechanism: str, password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac(HASHES[mechanism], password.encode(), salt, iterations)


@dataclass
class ScramClient:
    """One exchange (RFC 5802). What is given otherwise than by default makes it a wrong one."""

    mechanism: str
    user: str
    password: str
    header: str = "n,,"
    nonce: str = field(default_factory=lambda: secrets.token_hex(12))

    def first(self) -> bytes:
        return (self.header + self._bare()).encode()

    def final(self, answer: bytes, nonce: str | None = None, header: str | None = None) -> bytes:
        """Behind the server's first message."""
        fields = scram_fields(answer)
        key = salted_password(self.mechanism, self.password, b64decode(fields["s"]),
                              int(fields["i"]))
        binding = b64encode((header or self.header).encode()).decode()
        message = f"c={binding},r={nonce or fields['r']}"
        client_key = self._hmac(key, b"Client Key")
        stored_key = hashlib.new(HASHES[self.mechanism], client_key).digest()
        everything = f"{self._bare()},{answer.decode()},{message}".encode()
        signature = self._hmac(stored_key, everything)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return f"{message},p={b64encode(proof).decode()}".encode()

    def _bare(self) -> str:
        name = self.user.replace("=", "=3D").replace(",", "=2C")
        return f"n={name},r={self.nonce}"

    def _hmac(self, key: bytes, text: bytes) -> bytes:
        return hmac.new(key, text, HASHES[self.mechanism]).digest()


def scram_fields(message: bytes) -> dict[str, str]:
    return dict(part.split("=", 1) for part in message.decode().split(",")) if message else {}
