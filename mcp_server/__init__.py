"""The loops for MCP clients: few tools that do much, dry by default, and none that approves."""
