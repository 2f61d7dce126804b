"""Vonage: calls by its Voice API, whose words are documents (NCCO) that it fetches from us."""
