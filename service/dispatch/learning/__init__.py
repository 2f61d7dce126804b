"""Learning policies and their life, the weekly learning with its guards, experiments, and why a message came
as it did."""
