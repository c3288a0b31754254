"""What the contract of every source has to know of Instagram."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-instagram-token", "account_id": "17841400000000001"},
    feed="/media",
    refusal=Fault(400, {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}}),
    sizes=("limit",),
    counters=("like_count", "comments_count", "value"),
    nulls={"post_metrics": ("likes", "replies", "reposts", "bookmarks", "impressions", "reach")},
    texts=("caption", "text"),
)
