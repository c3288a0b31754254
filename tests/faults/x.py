"""What the contract of every source has to know of X."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-x-token"},
    feed="/tweets",
    refusal=Fault(401, {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}),
    sizes=("max_results",),
    least=5,
    counters=("like_count", "reply_count", "repost_count", "quote_count", "bookmark_count", "impression_count", "url_link_clicks"),
    nulls={"post_metrics": ("likes", "replies", "reposts", "quotes", "bookmarks", "impressions", "clicks")},
    texts=("text",),
)
