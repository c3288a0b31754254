"""World -> Meta's Marketing API: our ad account, its campaigns, and figures of ads by day, which are restated for four weeks."""

import json
from collections.abc import Mapping
from typing import Any

from starlette.routing import Route

from simulator.apis.graph import Edge, GraphError, Node
from simulator.apis.graph import routes as graph_routes
from simulator.world import World

TOKEN = "demo-meta-ads-token"
ACCOUNT = "7700000000001"
ACCOUNT_FIELDS = frozenset(["id", "account_id", "name", "currency", "timezone_name", "created_time"])
CAMPAIGN_FIELDS = frozenset(["id", "name", "objective", "effective_status", "start_time", "stop_time", "lifetime_budget"])
FIGURES = frozenset(
    "account_id account_currency ad_id ad_name campaign_id date_start date_stop impressions clicks inline_link_clicks spend actions action_values".split()
)
ALWAYS = ("date_start", "date_stop")


def routes(world: World) -> list[Route]:
    return graph_routes(TOKEN, Account(world).node)


class Account:
    """The ad account as Graph's nodes."""

    def __init__(self, world: World) -> None:
        self.id, self.world = f"act_{ACCOUNT}", world
        mine = world.campaigns[(world.campaigns["platform"] == "meta_ads") & (world.campaigns["starts_on"] <= world.now)]
        self.campaigns = {row["campaign_id"]: self._campaign(row) for row in mine.to_dict("records")}
        ads = world.advertising[world.advertising["platform"] == "meta_ads"]
        self.ads = ads.assign(day=ads["date"].astype(str)).sort_values(["day", "ad_id"], ignore_index=True)

    def node(self, id_: str) -> Node | None:
        if id_ == self.id:
            values = {"id": id_, "account_id": ACCOUNT, "name": "Fernway", "currency": "USD", "timezone_name": "UTC"}
            values["created_time"] = f"{self.world.stage.start}T00:00:00+0000"
            edges = {"campaigns": lambda: Edge(list(self.campaigns.values()))}
            return Node("AdAccount", ACCOUNT_FIELDS, values, edges, asked={"insights": self._insights})
        return self.campaigns.get(id_)

    def _campaign(self, row: Mapping[Any, Any]) -> Node:
        values = {"id": row["campaign_id"], "name": row["name"], "objective": "OUTCOME_SALES", "effective_status": "ACTIVE"}
        values |= {"start_time": f"{row['starts_on']:%Y-%m-%d}T00:00:00+0000", "stop_time": f"{row['ends_on']:%Y-%m-%d}T23:59:59+0000"}
        return Node("Campaign", CAMPAIGN_FIELDS, values | {"lifetime_budget": str(int(row["budget"]) * 100)})

    def _insights(self, query: Mapping[str, str]) -> Edge:
        span = json.loads(query.get("time_range") or "{}")
        if not span or span["since"] > span["until"]:
            raise GraphError(100, "(#100) time_range: start date must be before end date")
        shown = self.ads[(self.ads["day"] >= span["since"]) & (self.ads["day"] <= span["until"])]
        if query.get("level") != "ad" or query.get("time_increment") != "1":
            raise GraphError(100, "(#100) only figures of ads by day are drawn")
        return Edge([self._ad(row) for row in shown.to_dict("records")], summary={"spend": f"{shown['spend'].sum():.2f}"})

    def _ad(self, row: Mapping[Any, Any]) -> Node:
        values: dict[str, Any] = {
            "account_id": ACCOUNT,
            "account_currency": "USD",
            "ad_id": row["ad_id"],
            "campaign_id": row["campaign_id"],
        }
        values |= {"impressions": str(row["impressions"]), "inline_link_clicks": str(row["clicks"]), "clicks": str(row["clicks"] + 3)}
        values["spend"] = f"{row['spend']:.2f}"
        if row["claimed_conversions"]:
            number, worth = f"{row['claimed_conversions']:.0f}", f"{row['claimed_value']:.2f}"
            values["actions"] = [{"action_type": "link_click", "value": str(row["clicks"])}, _action(number)]
            values["action_values"] = [_action(worth)]
        return self._figures(values, row["day"], row["day"])

    def _figures(self, values: dict[str, Any], first: str, last: str) -> Node:
        return Node("AdsInsights", FIGURES, values | {"date_start": first, "date_stop": last}, always=ALWAYS)


def _action(value: str) -> dict[str, str]:
    return {"action_type": "omni_purchase", "value": value, "7d_click": value}
