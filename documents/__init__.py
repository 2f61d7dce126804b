"""Reads YAML and JSON documents of anybody's: bounded, without surprises, every fault with its line."""
