"""What the contract of every source has to know of LinkedIn."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-linkedin-token", "organization_id": "5500001"},
    feed="/rest/posts",
    refusal=Fault(401, {"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "The token used in the request has expired"}),
    sizes=("count",),
    counters=("likeCount", "commentCount", "shareCount", "impressionCount", "uniqueImpressionsCount", "clickCount"),
    nulls={"post_metrics": ("likes", "replies", "reposts", "impressions", "reach", "clicks")},
    texts=("commentary",),
)
