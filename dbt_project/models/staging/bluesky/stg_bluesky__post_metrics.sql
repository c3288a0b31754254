{{ social_post_metrics('bluesky') }}
