"""The weekly digest: ten lines that are true of the published file, sent once a week to each place, over real sockets."""

import email.policy
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner
from page_company import company, company_file, insert
from page_rows import EXPERIMENT

from pipelines import cli, definitions
from pipelines.digest.lines import compose
from pipelines.digest.tell import memory_path, tell
from pipelines.page.published import Published
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


def lines(connection, *more) -> list[str]:
    return compose(Published(connection), AS_OF, *more).lines


@pytest.fixture
def made():
    with company() as connection:
        yield connection


def test_ten_lines_begin_with_the_flag_and_end_with_what_needs_a_human(made) -> None:
    found = lines(made)
    assert len(found) == 10
    assert found[0] == "Goodwill, 2026-W27, as of 30 Jun 2026 (demo company)"
    assert found[1].startswith(
        "MEGAPHONE, Q1 2026: credited return rose (+20.0 points), while two-way ratio among public fell (−10.0; −14.0 to −6.0)"
    )
    assert found[2] == "Objectives: 1 met, 0 missed, 1 cannot tell, 1 not measured."
    assert [line.split(",")[0] for line in found[4:9]] == ["Company", "Clients", "Public", "Employees", "Suppliers"]
    assert found[9] == "Needs a human: the megaphone flag among public; failed checks: bluesky 2."


def test_money_stands_beside_people_with_interval_and_what_is_not_measured_says_why(made) -> None:
    found = lines(made)
    assert found[4] == "Company, Q1 2026: money: no causal estimate; attributed ROI +30 % (credit, not effect)"
    assert found[5].endswith("money: net revenue retention 97.0 % | people: answered within a day 80.0 % (77.0 to 83.0)")
    assert found[7].endswith("money: not measured | people: not measured (fewer than 30 respondents)")
    assert found[8] == "Suppliers, no quarter yet: money: not measured | people: not measured"


def test_words_of_cause_belong_to_experiments(made) -> None:
    assert not any(word in " ".join(lines(made)).lower() for word in ("caused", "drove", "led to", "effect of"))
    made.execute(
        "update roi.channel_summary set iroi = 0.8, iroi_lo = 0.1, iroi_hi = 1.5, evidence_grade = 'A', experiment_starts_on = ?, experiment_ends_on = ? "
        "where channel = 'paid_social'",
        [EXPERIMENT["starts_on"], EXPERIMENT["ends_on"]],
    )
    told = lines(made)[4]
    assert "money: Paid social, tested 1 Feb 2026 to 1 Mar 2026: incremental ROI +80 % (+10 to +150; grade A); attributed ROI" in told


def changed(made, is_changed: bool) -> None:
    row = {"indicator": "two_way_ratio", "period_kind": "month", "period_start": date(2026, 5, 1), "audience": "clients", "platform": "all"}
    more = {"profile_id": "all", "dimension": "all", "is_complete": True, "value": 0.5, "change": 0.1, "change_lo": 0.02, "change_hi": 0.18}
    insert(made, "relationships.indicators", row | more | {"is_changed": is_changed})


def test_a_change_is_told_only_beyond_its_interval_among_all_that_were_tested(made) -> None:
    made.execute("update board.scorecard set change_lo = null where mart <> 'relationships.indicators'")
    changed(made, is_changed=False)
    assert lines(made)[3] == "Nothing changed beyond its interval."
    changed(made, is_changed=True)
    assert lines(made)[3] == "Changed beyond its interval: two-way ratio among clients rose (+10.0; +2.0 to +18.0) in May 2026."


def test_news_is_told_once(made) -> None:
    changed(made, is_changed=True)
    first = compose(Published(made), AS_OF)
    assert lines(made, first.told, "2026-W26")[3] == "Nothing changed beyond its interval since the digest of 2026-W26."
    made.execute("update board.objectives set state = 'missed', due_on = date '2026-06-01' where objective_id = 'a'")
    found = lines(made, first.told, "2026-W26")
    assert found[3].endswith("since the digest of 2026-W26: the objective 'Talk with people' is now missed.")
    assert "missed and due: Talk with people" in found[9]


def test_what_is_stale_and_what_waits_needs_a_human(made) -> None:
    made.execute(
        "update board.data_trust set fresh_until = timestamp '2026-06-20 12:00:00', failed_checks = 0, failed_accounts = 'emea' where source = 'bluesky'"
    )
    made.execute("update board.scorecard set is_megaphone = false")
    made.execute("update relationships.stories set state = 'candidate'")
    assert lines(made)[1] == "Megaphone: no flag."
    assert lines(made)[9] == (
        "Needs a human: accounts that could not be read: bluesky (emea); stale: bluesky since 20 Jun 2026; 1 story waits for a review."
    )
    made.execute("update board.data_trust set is_demo = false")
    late = compose(Published(made), AS_OF + timedelta(days=8))
    assert late.week == "2026-W28" and "nothing was published since 30 Jun 2026: see why runs fail" in late.lines[9]


def test_an_empty_file_says_what_to_do() -> None:
    with company(is_filled=False) as empty:
        assert lines(empty)[1].startswith("Nothing to show yet")


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
        ("GOODWILL_WEBHOOK_URL", "http://hooks.example.com/hush", "webhook: not sent: GOODWILL_WEBHOOK_URL is no https:// address"),
        ("GOODWILL_WEBHOOK_URL", "http://127.0.0.1:9/hush", "webhook: not sent: the webhook at 127.0.0.1 did not answer (ConnectError)"),
    ],
)
def test_what_cannot_be_sent_names_its_setting_and_no_secret(tmp_path: Path, values, variable: str, value: str, cure: str) -> None:
    is_whole, heard = said(read_settings(folder=tmp_path, environ=values | {variable: value}))
    assert not is_whole and any(line.startswith(cure) for line in heard), heard
    assert "hush" not in "\n".join(heard)


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
