{{ social_profile_metrics('facebook') }}
