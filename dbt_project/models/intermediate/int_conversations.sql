{{ union_entity('conversations') }}
