"""Who may do what: API keys, limits to creditors, secrets."""
