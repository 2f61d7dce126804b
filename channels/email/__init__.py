"""E-mail as a format, whoever carries it: our mails, the reports about them, complaints, letters."""
