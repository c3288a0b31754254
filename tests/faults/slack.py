"""What the contract of every source has to know of Slack."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "xoxb-demo-slack-token"},
    feed="/users.list",
    refusal=Fault(200, {"ok": False, "error": "token_expired"}),
    sizes=("limit",),
    counters=("reply_count",),
)
