"""Logging in where somebody is logged in, which brokers let those do whose sessions end."""

from login import plain_token
from sasl_steps import anew, handshake, look, send_token
from session import PASSWORDS, Session


def sasl_again(s: Session) -> None:
    alice, admin = (plain_token(name, PASSWORDS[name]) for name in ("alice", "admin"))

    def logged_in(label: str) -> str:
        on = anew()
        handshake(s, label, "PLAIN", on)
        send_token(s, label, alice, on)
        return on

    on = logged_in("token")
    send_token(s, "token alone", alice, on)
    look(s, "token alone", on)
    on = logged_in("same")
    handshake(s, "same again", "PLAIN", on)
    send_token(s, "same again", alice, on)
    look(s, "same again", on)
    handshake(s, "a third time", "PLAIN", on)
    look(s, "a third time", on)
    on = logged_in("other")
    handshake(s, "another user", "PLAIN", on)
    send_token(s, "another user", admin, on)
    look(s, "another user", on)
    on = logged_in("mechanism")
    handshake(s, "another mechanism", "SCRAM-SHA-256", on)
    send_token(s, "another mechanism", alice, on)
    look(s, "another mechanism", on)
    on = logged_in("unknown mechanism")
    handshake(s, "unknown mechanism", "GSSAPI", on)
    look(s, "unknown mechanism", on)
    on = logged_in("wrong password")
    handshake(s, "wrong password", "PLAIN", on)
    send_token(s, "wrong password", plain_token("alice", "guess"), on)
    look(s, "wrong password", on)
