{{ union_entity('profile_metrics') }}
