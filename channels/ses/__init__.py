"""Amazon SES: e-mail by its HTTP API, receipts by SNS."""
