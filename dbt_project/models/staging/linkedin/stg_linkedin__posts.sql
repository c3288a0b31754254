{{ social_posts('linkedin') }}
