"""Reads YAML and JSON documents of anybody's: bounded, without surprises, every error with its line."""
