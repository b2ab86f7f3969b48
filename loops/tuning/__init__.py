"""Config held against what became of past leads: what departs, and which change would mend it."""
