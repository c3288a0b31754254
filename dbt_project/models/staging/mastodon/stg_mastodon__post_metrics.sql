{{ social_post_metrics('mastodon') }}
