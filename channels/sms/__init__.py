"""SMS adapters, one provider a file."""
