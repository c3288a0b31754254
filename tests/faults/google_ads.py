"""What the contract of every source has to know of Google Ads."""

from faults.layer import Adapter, Fault

EXPIRED = {"errors": [{"errorCode": {"authenticationError": "OAUTH_TOKEN_EXPIRED"}}]}
ADAPTER = Adapter(
    settings={
        "client_id": "demo-google-app",
        "client_secret": "demo-google-secret",
        "refresh_token": "1//demo-google-refresh",
        "developer_token": "demo-developer-token",
        "customer_id": "217-000-0001",
        "login_customer_id": "217-000-0001",
        "token_url": "token",
    },
    feed="/googleAds:search",
    refusal=Fault(401, {"error": {"code": 401, "status": "UNAUTHENTICATED", "details": [EXPIRED]}}),
    renews=True,
    counters=("impressions", "clicks", "costMicros", "conversions"),
)
