"""The reading of what borrowers write: words by language as data, and the steps that turn a message into a
reading."""
