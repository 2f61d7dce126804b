"""Claim due deliveries and decide them in one transaction under the borrower's row lock."""
