{{ social_profiles('youtube') }}
