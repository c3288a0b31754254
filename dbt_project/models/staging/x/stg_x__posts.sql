{{ social_posts('x') }}
