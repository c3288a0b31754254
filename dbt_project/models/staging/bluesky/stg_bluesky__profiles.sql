{{ social_profiles('bluesky') }}
