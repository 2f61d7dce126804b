"""In which order the channels of a notice are tried, as an expression of the statements that read it."""

from __future__ import annotations

CHANNELS = """COALESCE(n.plan, CASE WHEN n.fan_out = 'adaptive' THEN (
        SELECT array_prepend(split_part(o.arm, '/', 1), array_remove(n.channels, split_part(o.arm, '/', 1)))
        FROM choices o WHERE o.borrower_id = n.borrower_id AND o.notice_no = n.notice_no
        AND o.planned_at IS NOT NULL) END, n.channels)"""
"""Of the notice `n`: as upstream named them, but for the chosen one, which comes first where an adaptive
notice has a plan. The choice says it, and the notice is not written again for it: its row is large, and is
in six indexes. `plan` has it for notices of before that."""
