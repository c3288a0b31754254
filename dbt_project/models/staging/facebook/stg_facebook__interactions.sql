{{ social_interactions('facebook') }}
