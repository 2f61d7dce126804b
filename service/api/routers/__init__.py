"""One router a noun. Each parses, calls one use case, and renders."""
