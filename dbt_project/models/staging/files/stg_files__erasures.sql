{{ files_entity('erasures') }}
