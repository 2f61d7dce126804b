"""Borrowers' records: erasure, retention, legal holds."""
