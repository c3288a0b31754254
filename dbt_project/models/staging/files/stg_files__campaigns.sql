{{ files_entity('campaigns') }}
