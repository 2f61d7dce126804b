"""Versioned documents of ops: policies, templates, creditors."""
