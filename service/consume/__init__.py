"""Notices and events taken from a message broker: thin sources behind one port, acknowledged after the
commit."""
