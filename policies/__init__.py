"""What may reach whom, when, and why not: pure functions of facts, no I/O, no clock."""
