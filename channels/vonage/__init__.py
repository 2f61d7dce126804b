"""Vonage: texts by its Messages API; calls by its Voice API, whose words are documents (NCCO) that it fetches
from us."""
