"""Telnyx: SMS by its REST API, receipts and messages by its signed webhooks."""
