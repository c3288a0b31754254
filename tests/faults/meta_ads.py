"""What the contract of every source has to know of Meta Ads."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-meta-ads-token", "account_id": "7700000000001"},
    feed="/insights",
    refusal=Fault(400, {"error": {"message": "Session has expired", "type": "OAuthException", "code": 190, "error_subcode": 463}}),
    sizes=("limit",),
)
