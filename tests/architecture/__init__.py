"""The rules of the house, as functions from a source file to the sentences that say what is wrong with it."""
