{{ social_profiles('instagram') }}
