{{ social_posts('instagram') }}
