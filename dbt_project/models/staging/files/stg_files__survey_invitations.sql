{{ files_entity('survey_invitations') }}
