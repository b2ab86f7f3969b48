"""The embedded writer's grammar: phrase lists in YAML, and the code that makes sentences of them."""
