"""What the contract of every source has to know of LinkedIn Ads."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"access_token": "demo-linkedin-ads-token", "account_id": "504000001"},
    feed="/adCampaigns",
    refusal=Fault(401, {"status": 401, "code": "EXPIRED_ACCESS_TOKEN", "message": "The token used in the request has expired"}),
    sizes=("pageSize",),
    counters=("impressions", "landingPageClicks", "costInLocalCurrency", "externalWebsiteConversions"),
)
