"""Where a borrower may be: codes of places, postal codes, telephone areas, time zones, and what all of them
together say."""
