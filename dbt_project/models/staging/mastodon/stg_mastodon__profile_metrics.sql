{{ social_profile_metrics('mastodon') }}
