"""A token endpoint (RFC 6749, client_credentials) over HTTPS, as identity providers have it.

Its tokens are unsecured ones (RFC 7515, algorithm "none"), which Kafka's brokers take as long as
nobody gives them keys to check tokens with.
"""

import base64
import json
import ssl
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from certificates import Certificate


def unsecured_token(subject: str, lasts: int = 3600) -> str:
    def part(content: dict) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    now = time.time()
    return f"{part({'alg': 'none'})}.{part({'sub': subject, 'iat': now, 'exp': now + lasts})}."


class TokenEndpoint:
    """`url` gives tokens for `subject`, to whoever knows the client's secret."""

    def __init__(self, certificate: Certificate, subject: str, client: tuple[str, str]):
        self.subject, self.client, self.given = subject, client, []
        self.lasts = 3600  # as the tokens have it; the answers always say an hour
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                form = urllib.parse.parse_qs(
                    self.rfile.read(int(self.headers["Content-Length"])).decode())
                status, answer = endpoint.answer(self.headers.get("Authorization", ""), form)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.both)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_port}/token"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, authorization: str, form: dict) -> tuple[int, dict]:
        name, secret = (urllib.parse.quote(word, safe="") for word in self.client)
        wanted = "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
        if authorization != wanted or form.get("grant_type") != ["client_credentials"]:
            return 401, {"error": "invalid_client"}
        if form.get("scope") != ["kafka all"]:
            return 400, {"error": "invalid_scope"}
        self.given.append(unsecured_token(self.subject, self.lasts))
        return 200, {"access_token": self.given[-1], "token_type": "bearer", "expires_in": 3600}

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
