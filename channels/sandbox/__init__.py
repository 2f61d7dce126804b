"""The sandbox: a provider that behaves like a real one and reaches nobody."""
