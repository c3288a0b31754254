{{ social_interactions('x') }}
