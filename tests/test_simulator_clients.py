"""The demo company's APIs: the vendors' own clients, given only another address, sign in, page through, and read every answer."""

from collections.abc import Iterator

import pytest

from simulator.apis import bluesky, hubspot, mastodon, salesforce, slack, stripe, x, youtube
from simulator.server import Served, serving
from simulator.world import World, build

atproto = pytest.importorskip("atproto", reason="the official client of Bluesky is not installed")
Mastodon = pytest.importorskip("mastodon", reason="the client Mastodon.py is not installed").Mastodon
HubSpot = pytest.importorskip("hubspot", reason="the official client of HubSpot is not installed").HubSpot
StripeClient = pytest.importorskip("stripe", reason="the official client of Stripe is not installed").StripeClient


@pytest.fixture(scope="module")
def world() -> World:
    return build(days=60, accounts=20)


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[Served]:
    with serving(world, has_faults=False) as served:
        yield served


def test_bluesky(world: World, served: Served):
    client = atproto.Client(base_url=served.base_url("bluesky"))
    me = client.login(bluesky.HANDLE, bluesky.PASSWORD)
    found, cursor = {}, None
    while True:
        page = client.get_author_feed(me.did, cursor=cursor, limit=20)
        found |= {entry.post.uri: entry.post for entry in page.feed}
        cursor = page.cursor
        if not cursor:
            break
    posts = world.posts[(world.posts["platform"] == "bluesky") & world.posts["deleted_at"].isna()]
    answers = world.talk[(world.talk["platform"] == "bluesky") & world.talk["is_brand"]]
    assert set(found) == set(posts["post_id"]) | set(answers["message_id"])
    assert me.posts_count == len(found)
    liked = max(found.values(), key=lambda post: post.like_count)
    likes, cursor = [], None
    while True:
        page = client.get_likes(liked.uri, cursor=cursor, limit=10)
        likes += page.likes
        cursor = page.cursor
        if not cursor:
            break
    assert len({like.actor.did for like in likes}) == liked.like_count > 10
    assert len(client.get_reposted_by(liked.uri, limit=100).reposted_by) == min(100, liked.repost_count)
    answered = max(found.values(), key=lambda post: post.reply_count)
    assert len(client.get_post_thread(answered.uri).thread.replies) == answered.reply_count > 0
    assert len(client.get_posts(list(found)[:25]).posts) == 25
    followers = client.get_followers(me.did, limit=100)
    assert followers.subject.did == me.did and len(followers.followers) == min(100, me.followers_count)
    reasons = {notice.reason for notice in client.app.bsky.notification.list_notifications({"limit": 100}).notifications}
    assert {"like", "reply"} <= reasons


def test_bluesky_tokens_run_out_in_the_middle(served: Served, monkeypatch: pytest.MonkeyPatch):
    from atproto_client.exceptions import BadRequestError

    monkeypatch.setattr(bluesky, "ACCESS_LASTS", 5)
    client = atproto.Client(base_url=served.base_url("bluesky"))
    me = client.login(bluesky.HANDLE, bluesky.PASSWORD)
    with pytest.raises(BadRequestError) as fault:
        for _ in range(10):
            client.get_profile(me.did)
    assert fault.value.response.content.error == "ExpiredToken"
    session = client.com.atproto.server.refresh_session(headers={"Authorization": f"Bearer {client._session.refresh_jwt}"})
    assert session.did == me.did


def test_mastodon(world: World, served: Served):
    client = Mastodon(
        access_token=mastodon.TOKEN, api_base_url=served.base_url("mastodon"), version_check_mode="none", ratelimit_method="throw"
    )
    me = client.account_verify_credentials()
    statuses, page = [], client.account_statuses(me.id, limit=15)
    while page:
        statuses += page
        page = client.fetch_next(page)
    posts = world.posts[(world.posts["platform"] == "mastodon") & world.posts["deleted_at"].isna()]
    answers = world.talk[(world.talk["platform"] == "mastodon") & world.talk["is_brand"]]
    assert {str(status.id) for status in statuses} == set(posts["post_id"]) | set(answers["message_id"])
    liked = max(statuses, key=lambda status: status.favourites_count)
    people, page = [], client.status_favourited_by(liked.id)
    while page:
        people += page
        page = client.fetch_next(page)
    assert len({person.id for person in people}) == liked.favourites_count
    assert len(client.status_reblogged_by(liked.id)) == min(40, liked.reblogs_count)
    answered = max(statuses, key=lambda status: status.replies_count)
    assert len(client.status_context(answered.id).descendants) >= answered.replies_count > 0
    assert len(client.account_followers(me.id, limit=80)) == min(80, me.followers_count)
    notices, page = [], client.notifications(types=["mention"], limit=20)
    while page:
        notices += page
        page = client.fetch_next(page)
    assert {notice.type for notice in notices} == {"mention"}
    asked = world.talk[(world.talk["platform"] == "mastodon") & (world.talk["addressee"] == -1) & world.talk["deleted_at"].isna()]
    assert {str(notice.status.id) for notice in notices} == set(asked["message_id"])


def test_hubspot(world: World, served: Served):
    client = HubSpot(access_token=hubspot.TOKEN, host=served.base_url("hubspot"))
    contacts = client.crm.contacts.get_all(properties=["email", "hs_merged_object_ids"])
    in_salesforce = set(world.accounts.index[world.accounts["crm"] == "salesforce"])
    people = world.contacts[~world.contacts["account"].isin(in_salesforce)]
    live = people[(people["merged_into"] < 0) & people["archived_at"].isna()]
    assert {contact.id for contact in contacts} == set(live["contact_id"])
    merged = [contact for contact in contacts if contact.properties["hs_merged_object_ids"]]
    doubles = set(people.loc[people["merged_into"] >= 0, "contact_id"])
    assert {id_ for contact in merged for id_ in contact.properties["hs_merged_object_ids"].split(";")} == doubles != set()
    double = next(iter(doubles))
    assert client.crm.contacts.basic_api.get_by_id(double).id != double  # a merged id answers with its survivor
    found = client.crm.companies.search_api.do_search(
        {"filterGroups": [{"filters": [{"propertyName": "lifecyclestage", "operator": "EQ", "value": "customer"}]}], "limit": 100}
    )
    assert found.total == world.accounts.loc[world.accounts["crm"] == "hubspot", "client_since"].notna().sum()
    deals = client.crm.deals.get_all(properties=["dealstage", "amount"])
    assert len(deals) == (~world.deals["account"].isin(in_salesforce)).sum() > 0
    pairs = client.crm.associations.v4.batch_api.get_page("deals", "companies", {"inputs": [{"id": deal.id} for deal in deals]})
    assert len(pairs.results) == len(deals)
    assert [owner.email for owner in client.crm.owners.owners_api.get_page(limit=100).results]
    stages = client.crm.pipelines.pipelines_api.get_all("deals").results[0].stages
    assert {deal.properties["dealstage"] for deal in deals} <= {stage.id for stage in stages}


def test_hubspot_search_ends_at_its_wall(served: Served):
    client = HubSpot(access_token=hubspot.TOKEN, host=served.base_url("hubspot"))
    from hubspot.crm.contacts.exceptions import ApiException

    with pytest.raises(ApiException) as fault:
        client.crm.contacts.search_api.do_search({"limit": 100, "after": "9950"})
    assert fault.value.status == 400


@pytest.mark.parametrize("version", ["2024-06-20", None])
def test_stripe(world: World, served: Served, version: str | None):
    options = {"stripe_version": version} if version else {}
    client = StripeClient(stripe.KEY, base_addresses={"api": served.base_url("stripe")}, **options)
    invoices = list(client.v1.invoices.list({"limit": 7}).auto_paging_iter())
    assert [invoice.id for invoice in invoices] == list(dict.fromkeys(invoice.id for invoice in invoices))
    assert len(invoices) == len(world.invoices) > 7
    assert sum(invoice.total for invoice in invoices if invoice.currency == "usd") == round(
        100 * world.invoices.loc[world.invoices["currency"] == "USD", "total"].sum()
    )
    assert all(("charge" in invoice) == (version is not None) for invoice in invoices)
    every = list(client.v1.subscriptions.list({"status": "all", "limit": 100}).auto_paging_iter())
    current = list(client.v1.subscriptions.list({"limit": 100}).auto_paging_iter())
    assert len(every) == len(world.subscriptions) and {each.status for each in current} == {"active"}
    refunds = list(client.v1.refunds.list().auto_paging_iter())
    assert len(refunds) == len(world.refunds)
    paid = world.invoices["paid_at"].notna().sum()
    moved = list(client.v1.balance_transactions.list({"limit": 100, "expand": ["data.source"]}).auto_paging_iter())
    assert len(moved) == paid + len(refunds) and all(each.source.object in ("charge", "refund") for each in moved)
    assert client.v1.customers.retrieve(invoices[0].customer).metadata["hubspot_company_id"] in set(world.accounts["account_id"])
    assert {event.type for event in client.v1.events.list({"limit": 100}).data} >= {"invoice.paid", "invoice.created"}


def test_x(world: World, served: Served, monkeypatch: pytest.MonkeyPatch):
    tweepy = pytest.importorskip("tweepy", reason="the client tweepy is not installed")

    class Session(tweepy.client.requests.Session):
        """tweepy has its address written into it; everything else is its own."""

        def request(self, method, url, **options):
            return super().request(method, url.replace("https://api.twitter.com", served.base_url("x")), **options)

    monkeypatch.setattr(tweepy.client.requests, "Session", Session)
    client = tweepy.Client(bearer_token=x.TOKEN)
    me = client.get_user(username="fernway", user_fields=["public_metrics", "created_at"]).data
    own = world.posts[(world.posts["platform"] == "x") & world.posts["deleted_at"].isna()]
    answers = world.talk[(world.talk["platform"] == "x") & world.talk["is_brand"]]
    fields = ["created_at", "public_metrics", "referenced_tweets"]
    found = {str(post.id): post for post in tweepy.Paginator(client.get_users_tweets, me.id, max_results=10, tweet_fields=fields).flatten()}
    assert set(found) == set(own["post_id"]) | set(answers["message_id"])
    assert me.public_metrics["post_count"] == len(found)
    assert max(post.public_metrics["retweet_count"] for post in found.values()) > 0
    assert {post.referenced_tweets[0].type for id_, post in found.items() if id_ in set(answers["message_id"])} == {"replied_to"}
    mentions = list(tweepy.Paginator(client.get_users_mentions, me.id, max_results=7, tweet_fields=fields).flatten())
    asked = world.talk[(world.talk["platform"] == "x") & (world.talk["addressee"] == -1) & world.talk["deleted_at"].isna()]
    assert {str(post.id) for post in mentions} == set(asked["message_id"])
    gone = client.get_tweets([*list(found)[:3], "1"])
    assert len(gone.data) == 3 and gone.errors[0]["resource_id"] == "1"


def test_youtube(world: World, served: Served):
    build_client = pytest.importorskip("googleapiclient.discovery", reason="Google's own client is not installed").build
    options = {"api_endpoint": served.base_url("youtube")}
    client = build_client("youtube", "v3", developerKey=youtube.KEY, client_options=options, static_discovery=True)
    channel = client.channels().list(part="snippet,statistics,contentDetails", id=youtube.CHANNEL).execute()["items"][0]
    uploads = channel["contentDetails"]["relatedPlaylists"]["uploads"]
    ids, request = [], client.playlistItems().list(part="contentDetails", playlistId=uploads, maxResults=3)
    while request is not None:
        page = request.execute()
        ids += [item["contentDetails"]["videoId"] for item in page["items"]]
        request = client.playlistItems().list_next(request, page)
    own = world.posts[(world.posts["platform"] == "youtube") & world.posts["deleted_at"].isna()]
    assert set(ids) == set(own["post_id"]) and int(channel["statistics"]["videoCount"]) == len(ids)
    videos = client.videos().list(part="statistics", id=",".join(ids[:50])).execute()["items"]
    comments, request = 0, client.commentThreads().list(part="snippet,replies", allThreadsRelatedToChannelId=youtube.CHANNEL, maxResults=4)
    while request is not None:
        page = request.execute()
        comments += sum(1 + thread["snippet"]["totalReplyCount"] for thread in page["items"])
        request = client.commentThreads().list_next(request, page)
    assert comments == sum(int(video["statistics"]["commentCount"]) for video in videos) > 0


def test_slack(world: World, served: Served):
    sdk = pytest.importorskip("slack_sdk", reason="the official client of Slack is not installed")
    client = sdk.WebClient(token=slack.TOKEN, base_url=served.base_url("slack") + "/api/")
    assert client.auth_test()["ok"]
    members = [member for page in client.users_list(limit=7) for member in page["members"]]
    assert {member["profile"]["email"] for member in members if not member["is_bot"]} <= set(world.staff["email"])
    channels = [channel for page in client.conversations_list(types="public_channel", limit=3) for channel in page["channels"]]
    assert {channel["name"] for channel in channels if not channel["is_ext_shared"]} == set(world.chat["room_id"])
    written = 0
    for channel in sorted(channels, key=lambda each: not each["is_ext_shared"]):
        if not channel["is_ext_shared"]:
            roots = [message for page in client.conversations_history(channel=channel["id"], limit=50) for message in page["messages"]]
            written += sum(1 + message.get("reply_count", 0) for message in roots if "subtype" not in message)
    answered = max(roots, key=lambda message: message.get("reply_count", 0))
    thread = [m for page in client.conversations_replies(channel=channel["id"], ts=answered["ts"], limit=2) for m in page["messages"]]
    assert written == len(world.chat) and len(thread) == 1 + answered["reply_count"] > 2
    with pytest.raises(sdk.errors.SlackApiError, match="channel_not_found"):
        client.conversations_history(channel="C0NOWHERE")


def test_salesforce(world: World, served: Served, monkeypatch: pytest.MonkeyPatch):
    simple = pytest.importorskip("simple_salesforce", reason="the client simple-salesforce is not installed")
    requests = pytest.importorskip("requests")
    monkeypatch.setattr(salesforce, "PAGE", 2)

    class Session(requests.Session):
        """The client writes https into its address; everything else is its own."""

        def request(self, method, url, **options):
            return super().request(method, url.replace("https://fernway.example", served.base_url("salesforce")), **options)

    client = simple.Salesforce(instance="fernway.example", session_id=salesforce.TOKEN, session=Session(), version="60.0")
    companies = world.accounts[world.accounts["crm"] == "salesforce"]
    accounts = list(client.query_all_iter("SELECT Id, Name, Segment__c FROM Account ORDER BY SystemModstamp, Id"))
    assert {account["Id"]: account["Name"] for account in accounts} == dict(zip(companies["account_id"], companies["name"], strict=True))
    people = world.contacts[world.contacts["account"].isin(set(companies.index))]
    contacts = client.query_all("SELECT Id, IsDeleted, MasterRecordId FROM Contact ORDER BY Id", include_deleted=True)
    assert contacts["totalSize"] == len(contacts["records"]) == len(people) > 2
    assert client.query("SELECT COUNT() FROM Opportunity")["totalSize"] == world.deals["account"].isin(set(companies.index)).sum()
    assert "SystemModstamp" in {field["name"] for field in client.Account.describe()["fields"]}
    with pytest.raises(simple.SalesforceMalformedRequest, match="INVALID_FIELD"):
        client.query("SELECT Nothing__c FROM Account")
