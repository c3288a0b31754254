{{ social_profile_metrics('bluesky') }}
