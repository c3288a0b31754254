"""The weekly digest on its way: once a week to each place, over real sockets, encrypted, and without a secret in it."""

import email.policy
import ipaddress
import json
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from page_company import company, company_file

from pipelines import cli, definitions
from pipelines.digest import deliver
from pipelines.digest.tell import memory_path, tell
from pipelines.settings import Settings, read_settings

AS_OF = date(2026, 6, 30)  # of the company's file; demo, so the digest is of that week
PASSWORD, TOKEN = "p%40ss-hush", "T0KEN-hush"


class Mailbox(socketserver.StreamRequestHandler):
    """A mail server that takes everything, as RFC 5321 has it; says no to a receiver called `nobody`."""

    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            command = line.upper()
            if command.startswith("EHLO"):
                self._say("250-here\r\n250 AUTH PLAIN")
            elif command.startswith("AUTH"):
                self.server.said.append(line)
                self._say("235 welcome")
            elif command.startswith("RCPT") and "nobody" in line:
                self._say("550 there is no such person")
            elif command == "DATA":
                self._say("354 go on")
                content = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    content += part.removeprefix(b".") if part.startswith(b"..") else part
                self.server.mails.append(message_from_bytes(content, policy=email.policy.default))
                self._say("250 taken")
            elif command == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 fine")

    def _say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


class Hook(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.posts.append((self.path, self.headers["Content-Type"], self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[socketserver.BaseServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def mailbox() -> Iterator[socketserver.ThreadingTCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Mailbox)
    server.mails, server.said = [], []
    with serving(server) as started:
        yield started


@pytest.fixture
def hook() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.posts, server.status = [], 200
    with serving(server) as started:
        yield started


@pytest.fixture
def values(tmp_path: Path, mailbox: socketserver.ThreadingTCPServer, hook: HTTPServer) -> dict[str, str]:
    company_file(tmp_path / "goodwill.duckdb")
    return {
        "PUBLISHED_PATH": "goodwill.duckdb",
        "GOODWILL_SMTP_URL": f"smtp://goodwill:{PASSWORD}@127.0.0.1:{mailbox.server_address[1]}",
        "GOODWILL_DIGEST_FROM": "goodwill@example.com",
        "GOODWILL_DIGEST_TO": "board@example.com, support@example.com",
        "GOODWILL_WEBHOOK_URL": f"http://127.0.0.1:{hook.server_address[1]}/services/{TOKEN}",
    }


def said(settings: Settings, is_sent: bool = True, today: date = AS_OF) -> tuple[bool, list[str]]:
    heard: list[str] = []
    return tell(settings, today, is_sent, heard.append), heard


def test_each_place_gets_a_week_once(tmp_path: Path, values, mailbox, hook) -> None:
    settings = read_settings(folder=tmp_path, environ=values)
    is_whole, heard = said(settings)
    assert is_whole and heard[-2:] == ["mail: 2026-W27 sent", "webhook: 2026-W27 sent"]
    again, heard_again = said(settings)
    assert again and heard_again == [*heard[:-2], "mail: 2026-W27 was sent before", "webhook: 2026-W27 was sent before"]
    assert len(mailbox.mails) == len(hook.posts) == 1
    (mail,) = mailbox.mails
    assert (mail["Subject"], mail["To"]) == (heard[0], "board@example.com, support@example.com")
    assert mail["Message-ID"] == "<goodwill-digest-2026-w27@example.com>"
    assert mail.get_body(("plain",)).get_content().splitlines()[::2] == heard[:10]
    assert heard[9] in mail.get_body(("html",)).get_content()
    path, kind, content = hook.posts[0]
    assert (path, kind) == (f"/services/{TOKEN}", "application/json")
    assert json.loads(content) == {"text": "\n".join(heard[:10])}
    assert mailbox.said, "the user of the address logged in"
    everything = "\n".join([*heard, mail.as_string(), content.decode(), memory_path(settings).read_text(encoding="utf-8")])
    assert "hush" not in everything


def test_a_place_that_failed_is_tried_again_and_the_other_left_alone(tmp_path: Path, values, mailbox, hook) -> None:
    settings = read_settings(folder=tmp_path, environ=values)
    hook.status = 500
    is_whole, heard = said(settings)
    assert not is_whole and heard[-1] == "webhook: not sent: the webhook at 127.0.0.1 answered 500: see GOODWILL_WEBHOOK_URL"
    hook.status = 200
    assert said(settings)[1][-2:] == ["mail: 2026-W27 was sent before", "webhook: 2026-W27 sent"]
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("variable", "value", "cure"),
    [
        (
            "GOODWILL_SMTP_URL",
            "smtp://u:hush@127.0.0.1:9",
            "mail: not sent: the mail server 127.0.0.1 did not take it (ConnectionRefusedError)",
        ),
        ("GOODWILL_SMTP_URL", "hush", "mail: not sent: GOODWILL_SMTP_URL is no address of a mail server"),
        ("GOODWILL_SMTP_URL", "smtp://u:hush@127.0.0.1:port", "mail: not sent: GOODWILL_SMTP_URL is no address of a mail server"),
        ("GOODWILL_DIGEST_TO", "", "mail: not sent: GOODWILL_SMTP_URL is given: set GOODWILL_DIGEST_FROM"),
        (
            "GOODWILL_DIGEST_TO",
            "board@example.com nobody@example.com",
            "mail: not sent: the mail server 127.0.0.1 refused 1 of 2 addresses",
        ),
        ("GOODWILL_WEBHOOK_URL", "https://127.0.0.1:port/hush", "webhook: not sent: GOODWILL_WEBHOOK_URL is no https:// address"),
        ("GOODWILL_WEBHOOK_URL", "http://hooks.example.com/hush", "webhook: not sent: GOODWILL_WEBHOOK_URL is no https:// address"),
        (
            "GOODWILL_WEBHOOK_URL",
            "http://127.0.0.1:9/hush",
            "webhook: not sent: the webhook at 127.0.0.1 could not be reached (nobody takes the connection)",
        ),
    ],
)
def test_what_cannot_be_sent_names_its_setting_and_no_secret(tmp_path: Path, values, variable: str, value: str, cure: str) -> None:
    is_whole, heard = said(read_settings(folder=tmp_path, environ=values | {variable: value}))
    assert not is_whole and any(line.startswith(cure) for line in heard), heard
    assert "hush" not in "\n".join(heard)


def certificate(folder: Path) -> Path:
    """A certificate of 127.0.0.1 that signs itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a mail server")])
    today = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), today - timedelta(days=1), today + timedelta(days=1)
    )
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
    signed = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    private = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "server.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*private))
    return path


def test_mail_goes_encrypted_to_a_server_that_is_who_it_says(tmp_path: Path, values, mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    path = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    mailbox.socket = context.wrap_socket(mailbox.socket, server_side=True, do_handshake_on_connect=False)
    encrypted = values | {"GOODWILL_SMTP_URL": values["GOODWILL_SMTP_URL"].replace("smtp:", "smtps:"), "GOODWILL_WEBHOOK_URL": ""}
    settings = read_settings(folder=tmp_path, environ=encrypted)
    assert said(settings)[1][-1].startswith("mail: not sent: the mail server 127.0.0.1 did not take it (SSLCertVerificationError")
    assert mailbox.mails == mailbox.said == [], "a stranger is told nothing"
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    assert said(settings)[1][-1] == "mail: 2026-W27 sent"
    assert len(mailbox.mails) == 1


def test_nothing_is_sent_in_the_clear_to_another_machine(tmp_path: Path, values, mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deliver, "LOOPBACK", {"localhost"})
    _, heard = said(read_settings(folder=tmp_path, environ=values | {"GOODWILL_WEBHOOK_URL": ""}))
    assert heard[-1] == "mail: not sent: the mail server 127.0.0.1 offers no encryption (STARTTLS), and nothing is sent in the clear"
    assert mailbox.mails == mailbox.said == []


def test_text_of_the_data_stays_text_in_mail_and_chat(tmp_path: Path, values, mailbox, hook) -> None:
    with company() as made:
        made.execute(
            "update board.objectives set state = 'missed', due_on = date '2026-06-01', title = ? where objective_id = 'a'",
            ["<!channel> \x1b[2J<script>"],
        )
        made.execute(f"attach '{tmp_path / 'hostile.duckdb'}' as published")
        made.execute("copy from database memory to published")
    _, heard = said(read_settings(folder=tmp_path, environ=values | {"PUBLISHED_PATH": "hostile.duckdb"}))
    assert "\x1b" not in "".join(heard)
    assert "<script>" not in mailbox.mails[0].get_body(("html",)).get_content()
    assert "&lt;!channel&gt;" in json.loads(hook.posts[0][2])["text"]


def test_the_program_tells_without_sending_and_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GOODWILL_SMTP_URL", "GOODWILL_WEBHOOK_URL"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PUBLISHED_PATH", str(tmp_path / "goodwill.duckdb"))
    missing = CliRunner().invoke(cli.main, ["digest"])
    assert missing.exit_code == 1 and "`goodwill run` makes it" in missing.output
    company_file(tmp_path / "goodwill.duckdb")
    told = CliRunner().invoke(cli.main, ["digest"])
    assert told.exit_code == 0 and len(told.output.splitlines()) == 10
    assert list(tmp_path.iterdir()) == [tmp_path / "goodwill.duckdb"], "only what was sent is remembered"
    unsent = CliRunner().invoke(cli.main, ["digest", "--send"])
    assert unsent.exit_code == 1 and "nobody to send it to: set GOODWILL_SMTP_URL" in unsent.output


def test_it_is_scheduled_weekly_where_somebody_is_to_get_it(tmp_path: Path, values, mailbox, hook) -> None:
    def weekly(environ: dict[str, str]) -> list[str]:
        built = definitions.build(read_settings(folder=tmp_path, environ=environ))
        return [each.cron_schedule for each in built.schedules or () if each.job_name == "weekly"]

    assert weekly({}) == [] and weekly(values) == ["0 7 * * 1"]
    job = definitions.build(read_settings(folder=tmp_path, environ=values)).resolve_job_def("weekly")
    with dg.DagsterInstance.ephemeral(settings={"telemetry": {"enabled": False}}) as instance:
        assert job.execute_in_process(instance=instance).success
        assert job.execute_in_process(instance=instance).success
    assert len(mailbox.mails) == len(hook.posts) == 1
