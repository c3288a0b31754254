{{ files_entity('interactions') }}
