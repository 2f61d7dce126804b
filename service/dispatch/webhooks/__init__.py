"""Webhooks: endpoints, events on their way, and what a request says."""
