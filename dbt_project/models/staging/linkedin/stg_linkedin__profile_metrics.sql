{{ social_profile_metrics('linkedin', ['profile_views']) }}
