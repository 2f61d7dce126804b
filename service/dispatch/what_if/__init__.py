"""What would happen: preview, evaluate, simulate."""
