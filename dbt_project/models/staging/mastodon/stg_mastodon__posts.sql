{{ social_posts('mastodon') }}
