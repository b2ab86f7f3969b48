"""The samples: drawn by seed from the sandbox's ground truth, and written by another hand."""
