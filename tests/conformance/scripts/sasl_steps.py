"""Steps of a login. Connections named anew-* do not log in by themselves."""

import itertools

from login import scram_fields
from session import Session

_numbers = itertools.count(1)


def anew() -> str:
    """A connection that nobody has used."""
    return f"anew-{next(_numbers)}"


def handshake(s: Session, label: str, mechanism: str, on: str, version: int = 1) -> None:
    s.call(f"{label}: handshake", "SaslHandshake", {"mechanism": mechanism}, version=version, on=on)


def send_token(s: Session, label: str, token: bytes, on: str, version: int = 2) -> bytes:
    """Its answer with the nonces and salts of SCRAM taken out."""
    answer = s.ask("SaslAuthenticate", version, {"auth_bytes": token.hex()}, on)
    told = bytes.fromhex(answer["auth_bytes"]) if answer else b""
    if told:
        names = scram_fields(told)
        answer["auth_bytes"] = {key: names[key] if key == "i" else "<set>" for key in names}
    s.write(f"{label}: token", f"SaslAuthenticate v{version}", answer)
    return told


def look(s: Session, label: str, on: str) -> None:
    """What a connection that is not logged in does not get."""
    answer = s.ask("DescribeUserScramCredentials", 0, {"users": [{"name": "nobody"}]}, on)
    s.write(f"{label}: afterwards", "DescribeUserScramCredentials", answer and {
        "error_code": answer["error_code"]})
