"""Makes a promoted plan real in the systems of work, and reads what stands there."""
