"""Forbear's service: composes the policies and the channels into dispatch, log and API."""
