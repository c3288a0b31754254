{{ social_profiles('linkedin') }}
