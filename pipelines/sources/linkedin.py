"""LinkedIn Page -> the posts of an organisation and what it counts of them; nothing of members, as LinkedIn's terms want it.

Keys: posts by their URN. Statistics reach back twelve months and count what happened within them, so that those of older
posts would fall by themselves: they are asked for younger posts only. Every request names the month of the API's version.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pipelines import restli
from pipelines.cadence import OLDER
from pipelines.http import Answer, Client, Pages, expect, stamp, undeclared, understood
from pipelines.observe import observe
from pipelines.raw import Extraction, Setting, Source
from pipelines.restli import moment, urn_list
from pipelines.social import Item, Row, tables

NAME = "linkedin"
COUNTED_FOR = timedelta(days=364)  # LinkedIn counts within the last twelve months
STATISTICS = "/rest/organizationalEntityShareStatistics"
PAGE = 100
# What of a post is used, or left out because it names people or only concerns who may see it.
POST_FIELDS = (
    frozenset(["id", "author", "commentary", "content", "createdAt", "publishedAt", "lastModifiedAt", "lifecycleState"])
    | frozenset(["lifecycleStateInfo", "visibility", "distribution", "reshareContext", "isReshareDisabledByAuthor"])
    | frozenset(["contentLandingPage", "contentCallToActionLabel", "adContext", "container"])
)
KINDS = {"image": "photo", "video": "video", "document": "link"}


class LinkedIn:
    """The questions of social.Platform, asked of one organisation."""

    batch = 50
    reactions: Mapping[str, str] = {}
    has_people = False

    def __init__(self, run: Extraction, client: Client, many: Client, organization: str, now: datetime) -> None:
        self.run, self.client, self.many, self.organization = run, client, many, organization
        self.counted_from = now - COUNTED_FOR

    def feed(self, since: datetime | None) -> Iterator[Item]:
        pages, start = Pages(NAME, "/rest/posts", "first post"), 0
        while True:
            query = f"q=author&author={quote(self.organization, safe='')}&sortBy=CREATED&count={PAGE}&start={start}"
            answer = self.client.get("/rest/posts", query.encode())
            posts = expect(answer, NAME, "/rest/posts", "elements")
            yield from self._items(posts, answer)
            is_old = since and posts and max(moment(post["createdAt"]) for post in posts) < since
            # a short page is not the last one: posts that one may not see are taken out of it
            if not posts or is_old or not any(link.get("rel") == "next" for link in answer.body.get("paging", {}).get("links", [])):
                return
            start += answer.body["paging"].get("count", PAGE)
            pages.follow(posts[0]["id"])

    def look_up(self, ids: Sequence[str]) -> tuple[list[Item], datetime]:
        answer = self.many.get("/rest/posts", f"ids={urn_list(ids)}".encode())
        found = expect(answer, NAME, "/rest/posts", "results", dict)
        return self._items(list(found.values()), answer), answer.answered_at

    def notifications(self, since: datetime | None) -> Iterator[Row]:
        yield from ()

    def thread(self, post_id: str) -> Iterator[Item]:
        yield from ()

    def people(self, kind: str, post_id: str) -> tuple[list[tuple[str, str | None]], datetime]:
        raise NotImplementedError("reactions is empty: members are not asked for")

    def _items(self, posts: Sequence[Mapping[str, Any]], answer: Answer) -> list[Item]:
        shown = [post for post in posts if post.get("lifecycleState", "PUBLISHED") == "PUBLISHED"]
        counts = self._counts([post["id"] for post in shown if moment(post.get("publishedAt") or post["createdAt"]) > self.counted_from])
        return [self._item(post, counts.get(post["id"]), answer.answered_at) for post in shown]

    def _counts(self, urns: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Statistics by URN, asked apart for the two kinds of posts; what LinkedIn says nothing of is absent."""
        found: dict[str, Mapping[str, Any]] = {}
        for field, param in (("share", "shares"), ("ugcPost", "ugcPosts")):
            some = [urn for urn in urns if urn.startswith(f"urn:li:{field}:")]
            for start in range(0, len(some), self.batch):
                of = f"q=organizationalEntity&organizationalEntity={quote(self.organization, safe='')}"
                answer = self.client.get(STATISTICS, f"{of}&{param}={urn_list(some[start : start + self.batch])}".encode())
                for element in expect(answer, NAME, STATISTICS, "elements"):
                    found[element[field]] = element["totalShareStatistics"]
        return found

    def _item(self, post: Mapping[str, Any], counts: Mapping[str, Any] | None, at: datetime) -> Item:
        posted_at = moment(post.get("publishedAt") or post["createdAt"])
        row = {
            **undeclared(post, POST_FIELDS),
            "post_id": post["id"],
            "profile_id": self.organization,
            "posted_at": stamp(posted_at),
            "kind": _kind(post.get("content") or {}),
            "text": post.get("commentary"),
            "permalink": f"https://www.linkedin.com/feed/update/{post['id']}",
            "edited_at": stamp(moment(post["lastModifiedAt"])) if post.get("lastModifiedAt", 0) > post["createdAt"] else None,
        }
        names = {
            "likes": "likeCount",
            "replies": "commentCount",
            "reposts": "shareCount",
            "impressions": "impressionCount",
            "reach": "uniqueImpressionsCount",
            "clicks": "clickCount",
        }
        return Item(post["id"], at, posted_at, row, {name: counts.get(field) for name, field in names.items()} if counts else None)


def _kind(content: Mapping[str, Any]) -> str:
    if "article" in content:
        return "link"
    if "multiImage" in content or "carousel" in content:
        return "photo"
    media = (content.get("media") or {}).get("id", "").split(":")
    return KINDS.get(media[2], "text") if len(media) > 2 else "text"


def extract(run: Extraction) -> None:
    with understood(NAME):
        number = run.settings["organization_id"].rpartition(":")[2]
        organization = f"urn:li:organization:{number}"
        who = restli.authorization(run, NAME)
        client, many = restli.client(run, NAME, who), restli.client(run, NAME, who, **{"X-RestLi-Method": "BATCH_GET"})
        answer = client.get(f"/rest/organizations/{number}")
        name = expect(answer, NAME, "the organisation", "localizedName", str)
        run.write("profiles", [{"profile_id": organization, "name": name}], answer.answered_at)
        size = client.get(f"/rest/networkSizes/{organization}", {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"})
        views = client.get("/rest/organizationPageStatistics", f"q=organization&organization={quote(organization, safe='')}".encode())
        pages = [element["totalPageStatistics"]["views"] for element in expect(views, NAME, "the page statistics", "elements")]
        listed = client.get("/rest/posts", f"q=author&author={quote(organization, safe='')}&sortBy=CREATED&count=1&start=0".encode())
        total = expect(listed, NAME, "/rest/posts", "paging", dict).get("total")
        counts = {"followers": size.body.get("firstDegreeSize"), "posts_total": total}
        counts["profile_views"] = (pages[0].get("allPageViews") or {}).get("pageViews") if pages else None
        run.write("profile_metrics", [{"profile_id": organization, **counts}], answer.answered_at)
        observe(run, LinkedIn(run, client, many, organization, answer.answered_at), organization, total, answer.answered_at)


SOURCE = Source(
    NAME,
    "LinkedIn Page",
    tables(("impressions", "reach", "clicks"), ("profile_views",), has_people=False),
    extract,
    (
        restli.BASE_URL,
        restli.TOKEN_URL,
        restli.VERSION,
        Setting("organization_id", "Number of the organisation that the page belongs to.", is_required=True),
        Setting("access_token", "Token with the scope r_organization_social.", is_secret=True, is_required=True, unless="refresh_token"),
        *restli.REFRESHING,
        OLDER,
    ),
)
