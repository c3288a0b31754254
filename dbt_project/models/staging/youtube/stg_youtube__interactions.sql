{{ social_interactions('youtube') }}
