"""What is stored of Zendesk: the raw tables."""

from pipelines.raw import RawTable

GROUPS = RawTable("groups", ("group_id",), {"group_id": "VARCHAR", "name": "VARCHAR"}, ("conversations",), holds_persons=True)
ORGANIZATIONS = RawTable(
    "organizations",
    ("organization_id",),
    {
        **dict.fromkeys(["organization_id", "external_id", "name"], "VARCHAR"),
        **dict.fromkeys(["created_at", "updated_at", "deleted_at"], "TIMESTAMP"),
    },
    ("accounts",),
    holds_persons=True,
)
USERS = RawTable(
    "users",
    ("user_id",),
    {
        **dict.fromkeys(["user_id", "person_key", "role", "organization_id"], "VARCHAR"),
        **dict.fromkeys(["created_at", "updated_at", "deleted_at"], "TIMESTAMP"),
    },
    ("contacts",),
    holds_persons=True,
)
TICKETS = RawTable(
    "tickets",
    ("ticket_id",),
    {
        **dict.fromkeys(["ticket_id", "status", "channel", "requester_id", "organization_id", "group_id"], "VARCHAR"),
        "is_internal": "BOOLEAN",
        **dict.fromkeys(["created_at", "updated_at", "solved_at", "deleted_at"], "TIMESTAMP"),
    },
    ("conversations",),
    holds_persons=True,
)
COMMENTS = RawTable(
    "comments",
    ("comment_id",),
    {
        **dict.fromkeys(["comment_id", "ticket_id", "actor_key", "addressee_key", "channel", "text"], "VARCHAR"),
        "sentiment": "DOUBLE",  # worked out as the row is written
        **dict.fromkeys(["is_brand", "is_bot"], "BOOLEAN"),
        **dict.fromkeys(["created_at", "deleted_at"], "TIMESTAMP"),
    },
    ("interactions",),
    holds_persons=True,
)
RATINGS = RawTable(
    "ratings",
    ("rating_id",),
    {
        **dict.fromkeys(["rating_id", "ticket_id", "respondent_key", "score"], "VARCHAR"),
        **dict.fromkeys(["created_at", "updated_at"], "TIMESTAMP"),
    },
    ("surveys", "survey_invitations"),
    holds_persons=True,
)
TABLES = (GROUPS, ORGANIZATIONS, USERS, TICKETS, COMMENTS, RATINGS)
