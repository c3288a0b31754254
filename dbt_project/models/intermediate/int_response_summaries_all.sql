{{ response_summaries('all') }}
