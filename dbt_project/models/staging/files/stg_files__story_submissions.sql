{{ files_entity('story_submissions') }}
