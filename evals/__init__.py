"""What the agents are worth, measured: tasks, scorers and the statistics behind every figure."""
