"""Changes of config that an agent proposes: evidence, one specific change, and what people decide on it."""
