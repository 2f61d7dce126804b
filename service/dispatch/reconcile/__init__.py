"""What a crash, a time-out or a restore left unclear."""
