{{ social_profiles('mastodon') }}
