{{ social_posts('facebook') }}
