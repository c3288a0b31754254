{{ files_entity('sentiment_labels') }}
