"""Webhooks: signed requests to receivers that others name, and the guard in front of our own network."""
