{{ files_entity('conversations') }}
