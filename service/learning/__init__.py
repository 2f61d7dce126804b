"""What is learned and how a choice is made of it: pure arithmetic over counts. Knows no person, no place, no
store and no clock."""
