{{ markov_transitions(ref('int_markov_journeys')) }}
