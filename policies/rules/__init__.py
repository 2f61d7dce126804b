"""The rule kinds, one a file. docs/adding-a-rule.md says how to add one."""
