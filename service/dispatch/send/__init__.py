"""Compose, mark as dialing, settle."""
