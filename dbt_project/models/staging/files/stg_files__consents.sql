{{ files_entity('consents') }}
