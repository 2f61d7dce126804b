"""What auditors read: the log, a borrower's timeline, notices."""
