"""The nouns of the service as frozen values, and the states that a delivery and an attempt may be in."""
