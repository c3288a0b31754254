{{ social_profile_metrics('facebook', ['profile_views']) }}
