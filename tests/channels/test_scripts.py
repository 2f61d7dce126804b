"""A call as steps: what is said, which keys lead where, and that two scripts with one digest are one
script."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from channels.script import SILENT_END, Branch, Gather, HangUp, ReportEnd, Say, Script

WORDS = st.text(max_size=12)
STEPS = st.one_of(
    st.builds(Say, WORDS),
    st.builds(
        Gather,
        WORDS,
        st.dictionaries(st.sampled_from("0123456789#*"), st.sampled_from(Branch), max_size=2),
        st.integers(1, 9),
    ),
    st.just(ReportEnd()),
    st.just(HangUp()),
)
SCRIPTS = st.builds(Script, st.sampled_from(["en", "es"]), st.lists(STEPS, max_size=4).map(tuple))


@given(SCRIPTS, SCRIPTS)
def test_only_equal_scripts_have_one_canonical_form(one, other):
    """The log keeps a digest of it."""
    assert (one == other) is (one.canonical() == other.canonical())


@given(SCRIPTS)
def test_a_script_says_all_its_words_and_offers_all_its_keys(script):
    """Nothing is said that stands in no step."""
    spoken = [step.words for step in script.steps if isinstance(step, Say | Gather)]
    assert "\n".join(spoken) == script.words
    assert all(
        step.branches.items() <= script.branches.items()
        for step in script.steps[-1:]
        if isinstance(step, Gather)
    )


def test_a_silent_end_says_nothing():
    """And shows nothing in a log."""
    assert ("", {}) == (SILENT_END.words, SILENT_END.branches)
    assert "canary" not in repr(Script("en", (Say("canary"), Gather("canary", {}))))
