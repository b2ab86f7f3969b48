"""The embedded planner: a person's words about the plan → typed changes, and an answer in sentences."""
