"""Tokens that run out in the middle of a load, a budget that is spent, metrics that are withdrawn: nothing is lost, and all is said."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import POSTS
from faults import NOW, Reply, Request, Server, serve

from pipelines.authorization import OAuth
from pipelines.budget import Budget, BudgetSpent
from pipelines.extraction import Run
from pipelines.http import Answer, Client, SourceError
from pipelines.outcome import keep_withdrawn
from pipelines.raw import Setting, Source
from pipelines.settings import read_settings
from pipelines.tokens import Tokens
from pipelines.warehouse import connect, prepare
from pipelines.withdrawn import Metrics

SOURCE = Source("acme", "Acme", (POSTS,), lambda run: None, (Setting("refresh_token", "Token", is_secret=True),))


class Vendor:
    """Hands out access tokens that are good for two requests; a refresh token is good once."""

    def __init__(self) -> None:
        self.serial, self.left = 0, 0
        self.known = {"m1", "m2", "m3", "m4"}

    def answer(self, request: Request) -> Reply:
        if request.path == "/token":
            if self.serial and "refresh_token" in request.form and request.form["refresh_token"] != f"refresh-{self.serial}":
                return Reply({"error": "invalid_grant"}, 400)
            self.serial, self.left = self.serial + 1, 2
            return Reply({"access_token": f"access-{self.serial}", "token_type": "bearer", "refresh_token": f"refresh-{self.serial}"})
        if request.headers.get("authorization") != f"Bearer access-{self.serial}" or self.left == 0:
            return Reply({"error": "invalid_token"}, 401)
        self.left -= 1
        asked = set(request.query.get("metric", []))
        return (
            Reply({"error": "invalid_metric"}, 400)
            if asked - self.known
            else Reply({"page": request.first("page"), **dict.fromkeys(asked, 1)})
        )


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
def server(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with serve(vendor.answer) as server:
        yield server


def a_run(folder: Path, refresh_token: str = "refresh-0") -> Run:
    environ = {"GOODWILL_KEY": "a key for tests", "SOURCES__ACME__REFRESH_TOKEN": refresh_token}
    settings = read_settings(folder=folder, environ=environ)
    prepare(settings, {"acme": SOURCE})
    return Run(SOURCE, settings, {}, refresh_token + str(len(list(folder.rglob("acme-*")))))


def oauth(run: Run, server: Server, **form: str) -> OAuth:
    return OAuth(run, "acme", server.url + "/token", form, cure="refresh_token", basic=("client id", "client secret"))


def by_refresh(run: Run, server: Server) -> Client:
    return Client("acme", server.url, oauth(run, server, grant_type="refresh_token", refresh_token=run.settings["refresh_token"]))


def test_a_token_that_runs_out_is_renewed_and_the_page_asked_again(tmp_path: Path, vendor: Vendor, server: Server) -> None:
    client = by_refresh(a_run(tmp_path), server)
    pages = [client.get("/items", {"page": str(number)}).body["page"] for number in range(5)]
    assert pages == list("01234")
    assert [request.first("page") for request in server.asked("/items")] == ["0", "1", "2", "2", "3", "4", "4"]
    assert len(server.asked("/token")) == 3
    first = server.asked("/token")[0]
    assert first.headers["content-type"] == "application/x-www-form-urlencoded"
    assert first.headers["authorization"].startswith("Basic ")


def test_a_refresh_token_that_is_good_once_is_remembered_for_the_next_run_only_for_its_owner(tmp_path: Path, server: Server) -> None:
    by_refresh(a_run(tmp_path), server).get("/items")
    path = tmp_path / "data" / "tokens.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    run = a_run(tmp_path)
    assert run.kept_secret("refresh_token") == "refresh-1"
    by_refresh(run, server).get("/items")
    other = a_run(tmp_path, "one that somebody set anew")
    assert other.kept_secret("refresh_token") is None
    assert "refresh-2" in Tokens(run._all, SOURCE, None).secrets(), "and no message may show it"


def test_a_grant_that_is_refused_names_its_setting_and_no_secret(tmp_path: Path, vendor: Vendor, server: Server) -> None:
    vendor.serial = 7
    with pytest.raises(SourceError) as fault:
        by_refresh(a_run(tmp_path, "refresh-stolen"), server).get("/items")
    assert "set SOURCES__ACME__REFRESH_TOKEN to a new one" in str(fault.value)
    assert "stolen" not in str(fault.value) and "client secret" not in str(fault.value)


def test_client_credentials_need_no_refresh_token(tmp_path: Path, server: Server) -> None:
    client = Client("acme", server.url, oauth(a_run(tmp_path), server, grant_type="client_credentials"))
    assert [client.get("/items", {"page": "0"}).status for _ in range(3)] == [200] * 3
    assert "access" not in repr(client.authorization)


def test_a_vendor_that_says_in_its_own_words_that_it_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(waits.append))
    with serve(lambda request: Reply({"ok": True})) as server:
        server.next("/items", Reply({"ok": False, "error": "ratelimited"}))
        client = Client("acme", server.url, busy=lambda response: 7.0 if b"ratelimited" in response.content else None)
        assert client.get("/items").body == {"ok": True}
    assert waits == [7.0]


def test_a_budget_is_spent_by_its_units() -> None:
    budget = Budget("12")
    assert budget.at_most(10) == 10
    budget.spend(10)
    assert budget.at_most(10) == 2
    with pytest.raises(BudgetSpent):
        budget.at_most(10, least=5)
    assert Budget("0").at_most(10**9) == 10**9
    with pytest.raises(SourceError, match="budget_per_run is no whole number"):
        Budget("lots")


def test_a_metric_that_is_withdrawn_is_dropped_alone_and_dated(tmp_path: Path, vendor: Vendor, server: Server) -> None:
    run = a_run(tmp_path)
    client = by_refresh(run, server)

    def ask(names: "list[str]") -> Answer:
        return client.get("/items", [("metric", name) for name in names], allow=("invalid_metric",))

    vendor.known = {"m1", "m2", "m4"}
    metrics = Metrics(run, "acme", "post_metrics", {"m1": "likes", "m2": "comments", "m3": "reach", "m4": "saves"})
    got = {name for answer in metrics.ask(ask) for name in answer.body if name != "page"}
    assert got == {"m1", "m2", "m4"}
    assert len(metrics.ask(ask)) == 1, "what is gone is not asked again in this run"
    assert run.warnings == ["m3 is no longer given by the platform; post_metrics.reach is left empty from now on"]
    keep_withdrawn(run._all, run)
    with connect(run._all) as connection:
        kept = connection.execute("select entity, measure, unavailable_since from raw_goodwill.withdrawn_metrics").fetchall()
    assert kept == [("post_metrics", "reach", NOW.replace(tzinfo=None))]
    vendor.known = {"m1", "m2", "m3", "m4"}
    again = a_run(tmp_path)
    Metrics(again, "acme", "post_metrics", {"m3": "reach"}).ask(ask)
    keep_withdrawn(again._all, again)
    with connect(run._all) as connection:
        assert connection.execute("from raw_goodwill.withdrawn_metrics").fetchall() == [], "it is given again"


def test_where_every_metric_is_refused_it_is_another_fault(tmp_path: Path, vendor: Vendor, server: Server) -> None:
    vendor.known = set()
    run = a_run(tmp_path)
    client = by_refresh(run, server)
    metrics = Metrics(run, "acme", "post_metrics", {"m1": "likes", "m2": "comments"})
    with pytest.raises(SourceError, match="every metric of post_metrics was refused"):
        metrics.ask(lambda names: client.get("/items", [("metric", name) for name in names], allow=("invalid_metric",)))
    assert run.metrics == {}
