"""The shapes of requests and answers, at the edge only: strict, closed, every field named in every error."""
