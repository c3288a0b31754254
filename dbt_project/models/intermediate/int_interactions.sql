{{ union_entity('interactions') }}
