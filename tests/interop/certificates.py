"""Certificates for tests, made by the openssl command: an authority, and what it has issued."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "IP:127.0.0.1,DNS:localhost"


def openssl(*arguments) -> None:
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@dataclass
class Certificate:
    """PEM files; `both` has the key and the certificate in one, as Kafka wants its key stores."""

    certificate: Path
    key: Path
    both: Path


class Authority:
    """Issues certificates for one test run into `directory`."""

    def __init__(self, directory: Path, name: str = "Test authority"):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.certificate = directory / "ca.pem"
        self._key = directory / "ca.key"
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", self._key, "-out", self.certificate, "-days", 30, "-subj", f"/CN={name}")

    def issue(self, file: str, subject: str, names: str = LOOPBACK, days: int = 30,
              password: str = "") -> Certificate:
        """A certificate for `names`, of the past where `days` is negative. Issued to the same
        `file` again, it replaces the former one."""
        key, plain, request, certificate, both = (
            self.directory / f"{file}{end}" for end in
            (".key", ".plain", ".csr", ".pem", ".both.pem"))
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-keyout", plain, "-out", request, "-subj", f"/CN={subject}")
        extensions = self.directory / f"{file}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                "-CAcreateserial", "-days", days, "-extfile", extensions, "-out", certificate)
        hidden = ("-passout", f"pass:{password}") if password else ("-nocrypt",)
        openssl("pkcs8", "-topk8", "-in", plain, "-out", key, *hidden)
        store = plain
        if password:  # in the one way that Java of every age reads
            store = self.directory / f"{file}.store"
            openssl("pkcs8", "-topk8", "-in", plain, "-out", store, "-v1", "PBE-SHA1-3DES",
                    *hidden)
        both.write_text(store.read_text() + certificate.read_text())
        return Certificate(certificate, key, both)
