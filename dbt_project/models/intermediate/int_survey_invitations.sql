{{ union_entity('survey_invitations') }}
