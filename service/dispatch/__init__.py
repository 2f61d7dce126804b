"""The use cases: accept, decide, dial, send, settle, receipts, reconcile."""
