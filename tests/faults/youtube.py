"""What the contract of every source has to know of YouTube."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-youtube-key", "channel_id": "UCfernwayfernwayfernway1"},
    feed="/playlistItems",
    refusal=Fault(401, {"error": {"code": 401, "errors": [{"reason": "authError"}], "status": "UNAUTHENTICATED"}}),
    sizes=("maxResults",),
    counters=("likeCount", "commentCount"),
    texts=("description", "textOriginal"),
)
