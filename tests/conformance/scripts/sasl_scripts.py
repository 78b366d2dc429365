"""Logging in, and not getting in."""

import time

from codec import Closed
from login import ScramClient, plain_token, salted_password
from sasl_steps import anew, handshake, look, send_token
from session import PASSWORDS, Session


def _plain(s: Session, label: str, token: bytes, **how) -> None:
    on = anew()
    handshake(s, label, "PLAIN", on)
    send_token(s, label, token, on, **how)
    look(s, label, on)


def sasl_plain(s: Session) -> None:
    alice = PASSWORDS["alice"]
    _plain(s, "good", plain_token("alice", alice))
    _plain(s, "version 0", plain_token("alice", alice), version=0)
    _plain(s, "as oneself", plain_token("alice", alice, "alice"))
    _plain(s, "as somebody else", plain_token("alice", alice, "admin"))
    _plain(s, "wrong password", plain_token("alice", "guess"))
    _plain(s, "wrong password, version 0", plain_token("alice", "guess"), version=0)
    _plain(s, "unknown user", plain_token("mallory", alice))
    _plain(s, "no user", plain_token("", alice))
    _plain(s, "no password", plain_token("alice", ""))
    _plain(s, "two parts", b"alice\0" + alice.encode())
    _plain(s, "four parts", plain_token("alice", alice) + b"\0more")
    _plain(s, "empty", b"")
    _plain(s, "no text", b"\xff\xfe\0\xff\0\xff")


def sasl_without_headers(s: Session) -> None:
    """A handshake of version 0, as oldest clients send it, and tokens behind it as they are."""
    for label, token in (("good", plain_token("alice", PASSWORDS["alice"])),
                         ("wrong password", plain_token("alice", "guess"))):
        on = anew()
        handshake(s, label, "PLAIN", on, version=0)
        try:
            told = s.connection(on).exchange(token).hex()
        except Closed:
            told = None
        s.write(f"{label}: token", "a token alone", {"token": told})
        look(s, label, on)


def sasl_order(s: Session) -> None:
    """Requests that come too early, too late or twice."""
    good = plain_token("alice", PASSWORDS["alice"])
    on = anew()
    s.call("metadata first", "Metadata", {"topics": []}, version=9, on=on)
    on = anew()
    s.ask("ApiVersions", 0, {}, on)
    handshake(s, "after versions", "PLAIN", on)
    send_token(s, "after versions", good, on)
    look(s, "after versions", on)
    answer = s.ask("ApiVersions", 3, {"client_software_name": "script",
                                      "client_software_version": "1"}, on)
    s.write("versions when logged in", "ApiVersions", {"error_code": answer["error_code"]})
    on = anew()
    answer = s.ask("ApiVersions", 3, {"client_software_name": "a b",
                                      "client_software_version": "1"}, on)
    s.write("invalid name of the client", "ApiVersions", answer and {
        "error_code": answer["error_code"]})
    handshake(s, "after an invalid name", "PLAIN", on)
    on = anew()
    send_token(s, "without a handshake", good, on)
    look(s, "without a handshake", on)
    for mechanism in ("GSSAPI", "OAUTHBEARER", "plain", "", "SCRAM-SHA-1"):
        on = anew()
        handshake(s, f"mechanism {mechanism}", mechanism, on)
        handshake(s, f"mechanism {mechanism}, another try", "PLAIN", on)
    on = anew()
    handshake(s, "twice", "PLAIN", on)
    handshake(s, "twice, again", "PLAIN", on)
    on = anew()
    handshake(s, "metadata in between", "PLAIN", on)
    look(s, "metadata in between", on)
    on = anew()
    handshake(s, "versions in between", "PLAIN", on)
    answer = s.ask("ApiVersions", 0, {}, on)
    s.write("versions in between", "ApiVersions", answer and {"error_code": answer["error_code"]})
    on = anew()
    handshake(s, "token for another mechanism", "SCRAM-SHA-256", on)
    send_token(s, "token for another mechanism", good, on)
    on = anew()
    handshake(s, "version 0", "GSSAPI", on, version=0)


def _wait_known(s: Session, user: str, is_known: bool) -> None:
    """Until a login shows it: brokers with ZooKeeper describe what they do not act on yet."""
    deadline = time.monotonic() + 10
    while True:
        on = anew()
        s.ask("SaslHandshake", 1, {"mechanism": "SCRAM-SHA-256"}, on)
        token = ScramClient("SCRAM-SHA-256", user, "").first()
        answer = s.ask("SaslAuthenticate", 2, {"auth_bytes": token.hex()}, on)
        if (answer["error_code"] == 0) == is_known:
            return
        assert time.monotonic() < deadline, f"{user} is known: {not is_known}"
        time.sleep(0.03)


def sasl_scram(s: Session) -> None:
    user, password, salt = s.name("bob,b=b"), "builder", b"some salt of theirs"
    s.call("the user is made", "AlterUserScramCredentials", {"upsertions": [
        {"name": user, "mechanism": number, "iterations": 4096, "salt": salt.hex(),
         "salted_password": salted_password(mechanism, password, salt, 4096).hex()}
        for number, mechanism in ((1, "SCRAM-SHA-256"),)]})
    _wait_known(s, user, True)

    def log_in(label: str, mechanism: str = "SCRAM-SHA-256", name: str = user,
               secret: str = password, **how) -> None:
        on = anew()
        last = {key: how.pop(key) for key in ("final",) if key in how}
        sent = {key[6:]: how.pop(key) for key in ("final_nonce", "final_header") if key in how}
        client = ScramClient(mechanism, name, secret, **how)
        handshake(s, label, mechanism, on)
        answer = send_token(s, f"{label}: first", client.first(), on)
        if answer:
            send_token(s, f"{label}: final", last.get("final") or client.final(answer, **sent), on)
        look(s, label, on)

    log_in("good")
    log_in("as oneself", header="n,a=" + user.replace("=", "=3D").replace(",", "=2C") + ",")
    log_in("as somebody else", header="n,a=admin,")
    log_in("wrong password", secret="guess")
    log_in("unknown user", name=s.name("nobody"))
    log_in("no credential of that kind", mechanism="SCRAM-SHA-512")
    log_in("no user", name="")
    log_in("no nonce", nonce="")
    log_in("nonce of somebody else", final_nonce="abcdef")
    log_in("channel binding", header="p=tls-unique,,")
    log_in("channel binding, if you have it", header="y,,")
    log_in("another header at the end", final_header="n,a=admin,")
    log_in("garbage at the end", final=b"garbage")
    log_in("proof that is no base64", final=b"c=biws,r=x,p=***")
    on = anew()
    handshake(s, "garbage", "SCRAM-SHA-256", on)
    send_token(s, "garbage", b"garbage", on)
    on = anew()
    handshake(s, "empty", "SCRAM-SHA-256", on)
    send_token(s, "empty", b"", on)
    s.call("the user is gone", "AlterUserScramCredentials", {"deletions": [
        {"name": user, "mechanism": 1}]})
    _wait_known(s, user, False)
    log_in("gone")
