{{ social_posts('youtube') }}
