"""Accept notices: borrowers, rows, group commit."""
