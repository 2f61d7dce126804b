"""Voice adapters, one provider a file."""
