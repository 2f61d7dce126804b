"""E-mail adapters, one provider a file."""
