{{ social_profile_metrics('youtube') }}
