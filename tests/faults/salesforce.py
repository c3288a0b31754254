"""What the contract of every source has to know of Salesforce."""

from faults.layer import Adapter, Fault

ADAPTER = Adapter(
    settings={"client_id": "demo-salesforce-app", "client_secret": "demo-salesforce-secret"},
    feed="/queryAll",
    refusal=Fault(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}]),
    renews=True,
)
