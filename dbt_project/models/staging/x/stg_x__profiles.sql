{{ social_profiles('x') }}
