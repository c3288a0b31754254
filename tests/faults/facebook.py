"""What the contract of every source has to know of Facebook."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-facebook-page-token", "page_id": "100900000000001"},
    feed="/published_posts",
    refusal=Fault(400, {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}}),
    sizes=("limit",),
    counters=("total_count", "count", "value"),
    nulls={"post_metrics": ("likes", "replies", "impressions", "reach", "clicks", "video_views")},
    texts=("message",),
)
