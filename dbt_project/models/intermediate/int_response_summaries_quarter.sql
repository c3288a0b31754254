{{ response_summaries('quarter') }}
