{{ social_interactions('mastodon') }}
