{{ response_summaries('month') }}
