{{ social_posts('bluesky') }}
