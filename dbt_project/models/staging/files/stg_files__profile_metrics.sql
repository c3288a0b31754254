{{ files_entity('profile_metrics') }}
