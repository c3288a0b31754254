{{ social_profiles('facebook') }}
