{{ union_entity('erasures') }}
