"""Events: the one way to record what was learned about a borrower, and what of it belongs to an address."""
