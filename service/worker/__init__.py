"""The claim loop, bounded concurrency and drain."""
