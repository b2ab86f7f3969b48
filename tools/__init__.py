"""Everything that touches the world, as plain typed functions."""
