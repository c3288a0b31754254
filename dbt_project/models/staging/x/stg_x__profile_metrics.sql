{{ social_profile_metrics('x') }}
