"""The HTTP face: one router a noun, problems (RFC 9457), authentication."""
