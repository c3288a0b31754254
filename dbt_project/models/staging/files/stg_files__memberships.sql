{{ files_entity('memberships') }}
