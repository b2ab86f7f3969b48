"""Changes of config as branches that people look at and merge: in the workspace's own git, or at a forge."""
