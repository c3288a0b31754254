"""World -> YouTube's Data API v3: our channel, its uploads, videos with the counters of the moment, and comments in threads."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulator.apis.wire import answer, number
from simulator.apis.youtube_records import Channel
from simulator.world import World

KEY = "demo-youtube-key"
CHANNEL = "UCfernwayfernwayfernway1"


class Fault(Exception):
    """An error in Google's envelope: status and reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        errors = [{"message": reason, "domain": "youtube", "reason": reason}]
        self.status, self.body = status, {"error": {"code": status, "message": reason, "errors": errors}}


def routes(world: World) -> list[Route]:
    channel = Channel(world)

    def route(path: str, handle: Callable[[Request], Any]) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                if (request.headers.get("x-goog-api-key") or request.query_params.get("key")) != KEY:
                    raise Fault(400, "keyInvalid")
                if not request.query_params.get("part"):
                    raise Fault(400, "missingRequiredParameter")
                return answer(handle(request))
            except Fault as fault:
                return answer(fault.body, fault.status)

        return Route("/youtube/v3" + path, endpoint)

    def channels(request: Request) -> Any:
        mine = request.query_params.get("id") == channel.id
        return _list("youtube#channelListResponse", [_parts(request, channel.resource())] if mine else [])

    def playlist_items(request: Request) -> Any:
        if request.query_params.get("playlistId") != channel.uploads:
            raise Fault(404, "playlistNotFound")
        return _page(request, "youtube#playlistItemListResponse", channel.newest, channel.playlist_item, 50)

    def videos(request: Request) -> Any:
        ids = request.query_params.get("id", "").split(",")
        if len(ids) > 50:
            raise Fault(400, "invalidFilters")
        return _list("youtube#videoListResponse", [_parts(request, channel.video(id_)) for id_ in ids if id_ in channel.videos])

    def threads(request: Request) -> Any:
        query = request.query_params
        if query.get("allThreadsRelatedToChannelId") == channel.id:
            ids = channel.threads
        elif query.get("videoId") in channel.videos:
            ids = [id_ for id_ in channel.threads if channel.comments[id_]["video"] == query["videoId"]]
        else:
            raise Fault(404, "videoNotFound")
        return _page(request, "youtube#commentThreadListResponse", ids, channel.thread, 100)

    def comments(request: Request) -> Any:
        query = request.query_params
        if "parentId" in query:
            return _page(request, "youtube#commentListResponse", channel.replies.get(query["parentId"], []), channel.comment, 100)
        found = [channel.comment(id_) for id_ in query.get("id", "").split(",") if id_ in channel.comments]
        return _list("youtube#commentListResponse", [_parts(request, comment) for comment in found])

    return [
        route("/channels", channels),
        route("/playlistItems", playlist_items),
        route("/videos", videos),
        route("/commentThreads", threads),
        route("/comments", comments),
    ]


def _parts(request: Request, resource: dict[str, Any]) -> dict[str, Any]:
    wanted = {*request.query_params["part"].split(","), "kind", "etag", "id"}
    return {name: value for name, value in resource.items() if name in wanted}


def _list(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": kind, "etag": "e", "pageInfo": {"totalResults": len(items), "resultsPerPage": len(items)}, "items": items}


def _page(request: Request, kind: str, ids: list[str], view: Callable[[str], dict[str, Any]], most: int) -> dict[str, Any]:
    limit, token = number(request, "maxResults", 5 if most == 50 else 20, most), request.query_params.get("pageToken", "")
    start = int(token.removeprefix("CAUQ"), 36) if token else 0
    body = _list(kind, [_parts(request, view(id_)) for id_ in ids[start : start + limit]])
    body["pageInfo"] = {"totalResults": len(ids), "resultsPerPage": limit}
    return body | ({"nextPageToken": f"CAUQ{_base36(start + limit)}"} if start + limit < len(ids) else {})


def _base36(value: int) -> str:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    return (_base36(value // 36) if value >= 36 else "") + digits[value % 36]
