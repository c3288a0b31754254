{# Which conversations are worth telling: written rules, so that nobody picks. #}

{% macro story_rules() -%}
{#-
  Each rule: of which audiences; which conversations it could meet (eligible) and which it meets (matches), in the words of int_story_facts;
  after how many days that is settled; what it explains, best first; and why, in a sentence. A rule may not select on the outcome that it
  illustrates: a rescue is one whatever became of the client, a neglected request is one whoever came back.
-#}
{{ return([
    {
        'rule': 'rescue', 'is_counter': false, 'audiences': ['clients'], 'settled_after_days': 3,
        'eligible': "mood_start = 'negative' and mood_end is not null",
        'matches': "mood_end = 'positive'",
        'explains': ['response_rate_24h', 'reciprocity_dyad', 'two_way_ratio'], 'roi': 'roi.revenue_retention',
        'because': 'A client who began in a bad mood ended in a good one, whatever came of it.',
    },
    {
        'rule': 'help', 'is_counter': false, 'audiences': ['public', 'clients'], 'settled_after_days': 3,
        'eligible': 'first_human_reply_at is not null',
        'matches': 'came_back >= 3',
        'explains': ['repeat_engagement', 'two_way_ratio', 'thread_depth_share_3'], 'roi': 'roi.channel_summary',
        'because': 'At least three people came back to an answer that a person of ours gave.',
    },
    {
        'rule': 'welcome', 'is_counter': false, 'audiences': ['public', 'clients'], 'settled_after_days': 3,
        'eligible': "began_by = 'audience' and is_first_contact",
        'matches': 'minutes_to_first_human_reply <= 1440',
        'explains': ['repeat_engagement', 'return_rate_28d', 'two_way_ratio'], 'roi': 'roi.channel_summary',
        'because': 'Somebody wrote to us for the first time and a person of ours answered within a day, whether they came back or not.',
    },
    {
        'rule': 'solved', 'is_counter': false, 'audiences': ['suppliers'], 'settled_after_days': 3,
        'eligible': "began_by = 'audience' and is_resolved is not null",
        'matches': 'is_resolved',
        'explains': ['sup_response_parity', 'response_rate_24h', 'reciprocity_dyad'], 'roi': none,
        'because': 'A supplier brought a problem and it was solved, however long it took.',
    },
    {
        'rule': 'neglected', 'is_counter': true, 'audiences': ['public', 'clients', 'suppliers'], 'settled_after_days': 3,
        'eligible': "began_by = 'audience' and needs_reply",
        'matches': 'coalesce(minutes_to_first_human_reply > 4320, true)',
        'explains': ['repeat_engagement', 'return_rate_28d', 'two_way_ratio', 'reciprocity_dyad'], 'roi': 'roi.revenue_retention',
        'because': 'Somebody asked us and no person answered within 72 hours, whether they came back or not.',
    },
    {
        'rule': 'lost', 'is_counter': true, 'audiences': ['clients'], 'settled_after_days': 90,
        'eligible': 'is_paying_account',
        'matches': 'is_followed_by_churn',
        'explains': ['response_rate_24h', 'response_within_60min_km', 'reciprocity_dyad'], 'roi': 'roi.retention_lift',
        'because': 'The client stopped paying within 90 days of it, however we had answered.',
    },
]) }}
{%- endmacro %}

{% macro least_people_to_draw_from() -%}
{#- Fewer people outside the company are no crowd (METRICS, privacy), and a draw among few is a choice. -#}
{{ return(10) }}
{%- endmacro %}

{% macro story_draw(quarter, conversation) -%}
{#- Chance that anybody can repeat: the smallest is told. -#}
md5('{{ var('story_seed', 'goodwill') }}|' || {{ quarter }} || '|' || {{ conversation }})
{%- endmacro %}

{% macro words_print(words, salt) -%}
{#- Tells whether words are those that were reviewed, and nobody what they were. -#}
substr(md5({{ words }} || '|' || {{ salt }}), 1, 16)
{%- endmacro %}

{% macro quarter_of(date) -%}cast(date_trunc('quarter', {{ date }}) as date){%- endmacro %}

{% macro without_handles(text) -%}{{ return(adapter.dispatch('without_handles')(text)) }}{%- endmacro %}

{% macro duckdb__without_handles(text) -%}
{#- Others who are named by their handles have not agreed to be. -#}
regexp_replace({{ text }}, '@[\w.@-]*\w', '@…', 'g')
{%- endmacro %}

{% macro joined_in_order(text, separator, by) -%}{{ return(adapter.dispatch('joined_in_order')(text, separator, by)) }}{%- endmacro %}

{% macro duckdb__joined_in_order(text, separator, by) -%}string_agg({{ text }}, {{ separator }} order by {{ by }}){%- endmacro %}
