"""SMPP 3.4: SMS through any carrier or aggregator, with receipts and replies over the same session."""
