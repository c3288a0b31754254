"""Company accounts that are probably one company (the extra `probabilistic`): named for a merge in the CRM, never merged here."""
