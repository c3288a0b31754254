"""Each request of a loader and each answer of the demo company, in a first load and on a day after, against what the vendor published."""

import copy
import importlib
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from contracts import Exchange, Judge, closed, discovery, graph, openapi, swagger
from faults.layer import Layer
from faults.loading import Loading

from pipelines.http import Client
from pipelines.sources import discover
from tests.reference import CONTRACTS


def exchanges(name: str, days: list[tuple[Layer, str]], folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Exchange]:
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    settings = importlib.import_module(f"faults.{name}").ADAPTER.settings
    loading = Loading(discover()[name], folder, **settings, base_url=days[0][1] + name)
    found: list[Exchange] = []
    for layer, base in days:
        layer.reset()
        loading.settings._values[f"SOURCES__{name}__BASE_URL".upper()] = base + name  # type: ignore[index]
        loading.load()
        found += layer.exchanges
    return found


def judged(judge: Judge, asked: list[Exchange], least: dict[str, int]) -> None:
    """Every exchange holds, and each endpoint was asked: a judge without cases proves nothing."""
    assert not [error for exchange in asked for error in judge(exchange)]
    paths = Counter(exchange.path.rpartition("/")[2] for exchange in asked)
    assert not {path: paths[path] for path, count in least.items() if paths[path] < count}


def test_x(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = openapi(CONTRACTS / "x_openapi.json", "https://api.x.com")
    judged(judge, exchanges("x", days, tmp_path, monkeypatch), {"me": 2, "tweets": 4, "mentions": 2})


def test_youtube(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Path(str(pytest.importorskip("googleapiclient").__file__)).parent / "discovery_cache" / "documents"
    judge = discovery(documents / "youtube.v3.json", "youtube/v3/")
    judged(judge, exchanges("youtube", days, tmp_path, monkeypatch), {"channels": 2, "playlistItems": 2, "videos": 2, "commentThreads": 2})


def test_mastodon(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = openapi(CONTRACTS / "mastodon_openapi.json", "https://mastodon.example")
    judged(judge, exchanges("mastodon", days, tmp_path, monkeypatch), {"verify_credentials": 2, "statuses": 2, "context": 2})


def test_facebook(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"published_posts": "PagePost", "tagged": "PagePost", "comments": "Comment", "insights": "InsightsResult"}
    judge = graph(CONTRACTS / "meta_graph", lists, ("Page", "PagePost", "Comment"))
    judged(
        judge, exchanges("facebook", days, tmp_path, monkeypatch), {"published_posts": 2, "tagged": 2, "comments": 2, "insights": 10, "": 4}
    )
    assert judge(Exchange("GET", "/v25.0/1/comments", "fields=id,love{x}", {}, 200, b'{"data": [{"id": "1", "hate": 2}]}')) == [
        "('Comment',) have no love",
        "Comment has no hate",
    ]


def test_instagram(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lists = {"media": "IGMedia", "tags": "IGMedia", "comments": "IGComment", "replies": "IGComment"}
    judge = graph(CONTRACTS / "meta_graph", lists, ("IGUser", "IGMedia", "IGComment"))
    judged(judge, exchanges("instagram", days, tmp_path, monkeypatch), {"media": 2, "tags": 2, "comments": 2, "": 4})


def test_meta_ads(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = graph(CONTRACTS / "meta_graph", {"campaigns": "Campaign", "insights": "AdsInsights"}, ("AdAccount",))
    judged(judge, exchanges("meta_ads", days, tmp_path, monkeypatch), {"campaigns": 2, "insights": 4})


def test_slack(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = swagger(CONTRACTS / "slack_web_openapi_v2.json", "/api")
    least = {"auth.test": 2, "users.list": 2, "users.info": 2, "usergroups.list": 2}
    least |= {"conversations.list": 2, "conversations.history": 4, "conversations.replies": 9}
    judged(judge, exchanges("slack", days, tmp_path, monkeypatch), least)


def described(vendor: str) -> Path:
    """OpenAPI descriptions of several vendors, collected by somebody else."""
    return Path(str(pytest.importorskip("airbyte_agent_sdk").__file__)).parent / "specs" / vendor / "connector.yaml"


def test_zendesk(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def prepare(spec: dict[str, Any]) -> None:
        """The exports are not in it, but the objects they give are."""
        spec["servers"] = [{"url": "https://example.zendesk.com/api/v2"}]
        spec["components"]["schemas"]["Ticket"]["properties"]["status"]["enum"].append("deleted")  # told by the export alone
        child = {"$ref": "#/components/schemas/TicketComment"}
        event = {"type": "object", "properties": {"child_events": {"type": "array", "items": child}}}
        count = {"type": "object", "properties": {"count": {}}, "required": ["count"]}
        for path, field, schema in (
            ("tickets/cursor", "tickets", {"$ref": "#/components/schemas/Ticket"}),
            ("users/cursor", "users", {"$ref": "#/components/schemas/User"}),
            ("organizations", "organizations", {"$ref": "#/components/schemas/Organization"}),
            ("ticket_events", "ticket_events", event),
        ):
            body = {"type": "object", "required": [field], "properties": {field: {"type": "array", "items": schema}}}
            _add(spec, f"/incremental/{path}.json", body)
        for path in ("organizations/count", "users/count", "search/count"):
            _add(spec, f"/{path}.json", count)

    judge = openapi(described("zendesk-support"), "https://example.zendesk.com", prepare)
    least = {"cursor.json": 4, "ticket_events.json": 2, "satisfaction_ratings.json": 2, "groups.json": 2}
    judged(judge, exchanges("zendesk", days, tmp_path, monkeypatch), least)


def test_salesforce(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its query of each object is described as a path of its own; descriptions of objects and tokens are not described."""
    monkeypatch.setattr("simulator.apis.salesforce.PAGE", 5)
    kinds = {"Account": "accounts", "Contact": "contacts", "Lead": "leads", "Opportunity": "opportunities", "Campaign": "campaigns"}
    kinds |= {"User": "users", "OpportunityStage": "opportunity_stages"}

    def prepare(spec: dict[str, Any]) -> None:
        spec["servers"] = [{"url": "https://example.my.salesforce.com/services/data/v60.0"}]

    judge = openapi(described("salesforce"), "https://example.my.salesforce.com", prepare)
    asked = []
    for exchange in exchanges("salesforce", days, tmp_path, monkeypatch):
        if "/query" in exchange.path:
            name = dict(parse_qsl(exchange.query)).get("q", "").partition(" FROM ")[2].partition(" ")[0]
            path = f"/query:{kinds[name]}" if name in kinds and exchange.path.endswith("queryAll") else "/query"
            asked.append(replace(exchange, path="/services/data/v60.0" + path))
    judged(judge, asked, {"query:accounts": 2, "query:contacts": 2, "query:opportunities": 2, "query:campaigns": 2, "query": 20})


def test_linkedin_ads(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its statistics are described for one pivot at a time; ours are of two (ad and campaign) of a whole account, with the same answer."""

    def prepare(spec: dict[str, Any]) -> None:
        statistics = copy.deepcopy(spec["paths"]["/adAnalytics:creative"])
        for parameter in statistics["get"]["parameters"]:
            parameter["name"] = {"pivot": "pivots", "creatives": "accounts"}.get(parameter["name"], parameter["name"])
        spec["paths"]["/adAnalytics"] = statistics
        spec["components"]["schemas"] = closed(spec["components"]["schemas"])

    judge = openapi(described("linkedin-ads"), "https://api.linkedin.com", prepare)
    asked = exchanges("linkedin_ads", days, tmp_path, monkeypatch)
    judged(judge, asked, {"504000001": 2, "adCampaigns": 2, "adCampaignGroups": 2, "adAnalytics": 6})
    known = set(yaml.safe_load(described("linkedin-ads").read_text())["components"]["schemas"]["AdAnalyticsRecord"]["properties"])
    fields = [dict(parse_qsl(exchange.query)).get("fields", "") for exchange in asked]
    assert {name for field in fields if field for name in field.split(",")} <= known
    assert any("coin" in error for error in judge(replace(asked[0], content=b'{"id": 504000001, "coin": "EUR"}')))


def test_google_ads(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its search is described once for each resource; a part of searchStream is an answer of search. Managers' clients and tokens are not described."""
    kinds = {"customer": "accounts", "campaign": "campaigns", "ad_group_ad": "ad_group_ads"}
    undescribed = {"customer_client.id", "campaign_budget.total_amount_micros"}

    def prepare(spec: dict[str, Any]) -> None:
        search = "/v23/customers/{customer_id}/googleAds:search"
        for name in kinds.values():
            found = spec["paths"].get(f"{search}?entity={name}") or spec["paths"][search]
            spec["paths"][f"{search}/{name}"] = {"post": found["post"]}
        schemas = spec["components"]["schemas"] = closed(spec["components"]["schemas"])
        schemas["Campaign"]["properties"]["campaignBudget"]["properties"]["totalAmountMicros"] = {"type": "string"}
        of_ads = schemas["AdGroupAd"]["properties"]
        of_ads |= {name: schemas["Campaign"]["properties"][name] for name in ("campaign", "metrics", "segments")}

    specification = yaml.safe_load(described("google-ads").read_text())
    known = {field["name"] for entity in specification["info"]["x-airbyte-context-store"]["entities"] for field in entity["fields"]}
    judge = openapi(described("google-ads"), "https://googleads.googleapis.com", prepare)
    asked: list[Exchange] = []
    for exchange in exchanges("google_ads", days, tmp_path, monkeypatch):
        if exchange.path != "/token":
            query = json.loads(exchange.asked)["query"]
            fields, _, resource = query.removeprefix("SELECT ").partition(" FROM ")
            assert {name.strip() for name in fields.split(",")} <= known | undescribed
            path = exchange.path.replace("Stream", "") + "/" + kinds.get(resource.partition(" ")[0], "")
            parts = json.loads(exchange.content) if "Stream" in exchange.path else [json.loads(exchange.content)]
            for part in [] if path.endswith("/") else parts:
                part.pop("requestId", None)  # a stream's own
                asked.append(replace(exchange, path=path, content=json.dumps(part).encode()))
    judged(judge, asked, {"accounts": 4, "campaigns": 4, "ad_group_ads": 6})
    wrong = b'{"results": [{"campaign": {"id": 7, "colour": "red"}}]}'
    errors = judge(replace(asked[0], path="/v23/customers/1/googleAds:search/campaigns", content=wrong))
    assert any("colour" in error for error in errors) and any("1" in error and "customer_id" in error for error in errors)


def _add(spec: dict[str, Any], path: str, body: dict[str, Any]) -> None:
    spec["paths"][path] = {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": body}}}}}}


def test_a_judge_sees_what_is_wrong(days: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    documents = Path(str(pytest.importorskip("googleapiclient").__file__)).parent / "discovery_cache" / "documents"
    judge = discovery(documents / "youtube.v3.json", "youtube/v3/")
    wrong = b'{"kind": "youtube#videoListResponse", "items": [{"id": 7, "statistics": {"likeCount": 3, "loves": "4"}}]}'
    errors = judge(Exchange("GET", "/youtube/v3/videos", "id=a&maxResults=500&what=1", {}, 200, wrong))
    for named in ("what is no parameter", "part is missing", "maxResults is out of bounds", "7 is not of type", "'loves' was unexpected"):
        assert any(named in error for error in errors), (named, errors)
