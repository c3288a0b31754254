{{ union_entity('memberships') }}
