{{ social_interactions('bluesky') }}
