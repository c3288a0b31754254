{{ social_interactions('instagram') }}
