"""The semantic half: specialists behind asks, the tape, the runtime that advances runs."""
