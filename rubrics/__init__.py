"""The rubrics: criteria with their marks; a workspace holds its own copy."""
