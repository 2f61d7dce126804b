"""Bounds of one phone number, whoever has it."""
