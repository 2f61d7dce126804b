"""What comes back: receipts, calls, inbound messages, events."""
