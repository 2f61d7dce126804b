"""What the documents claim about speed: every claim is a ratio of two things measured side by side in one
run."""
