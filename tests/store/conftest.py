"""The bench of the journey's tests, for records that a lender has."""

from __future__ import annotations

from tests.dispatch.conftest import bench, plain

__all__ = ["bench", "plain"]
