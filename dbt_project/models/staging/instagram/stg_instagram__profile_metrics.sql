{{ social_profile_metrics('instagram') }}
