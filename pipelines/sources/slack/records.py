"""What is stored of Slack: the raw tables."""

from pipelines.raw import RawTable

USERS = RawTable(
    "users",
    ("user_id",),
    {
        **dict.fromkeys(["user_id", "person_key"], "VARCHAR"),
        "is_employee": "BOOLEAN",
        "is_bot": "BOOLEAN",
        "is_listed": "BOOLEAN",  # false: of another company, known by a channel that is shared
        **dict.fromkeys(["updated_at", "left_at"], "TIMESTAMP"),
    },
    ("people",),
    holds_persons=True,
)
CHANNELS = RawTable(
    "channels",
    ("channel_id",),
    {
        **dict.fromkeys(["channel_id", "name"], "VARCHAR"),
        **dict.fromkeys(["is_shared", "is_archived"], "BOOLEAN"),
        **dict.fromkeys(["created_at", "deleted_at"], "TIMESTAMP"),
    },
    ("interactions",),
    holds_persons=True,
)
MESSAGES = RawTable(
    "messages",
    ("message_id",),
    {
        **dict.fromkeys(["message_id", "channel_id", "thread_id", "parent_id", "actor_key", "addressee_key", "team"], "VARCHAR"),
        **dict.fromkeys(["is_brand", "is_internal", "is_bot", "is_question"], "BOOLEAN"),
        **dict.fromkeys(["reply_count", "latest_reply"], "BIGINT"),
        **dict.fromkeys(["occurred_at", "deleted_at"], "TIMESTAMP"),
    },
    ("interactions",),
    holds_persons=True,
)
TABLES = (USERS, CHANNELS, MESSAGES)
