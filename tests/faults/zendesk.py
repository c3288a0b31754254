"""What the contract of every source has to know of Zendesk."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-zendesk-token", "email": "admin@fernway.example"},
    feed="/incremental/tickets/cursor.json",
    refusal=Fault(401, {"error": "Couldn't authenticate you"}),
    sizes=("per_page",),
    texts=("plain_body",),
    worded=("comments", "text"),
)
