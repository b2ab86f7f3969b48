"""What others say of the MCP server: the official conformance suite, the Inspector, and a fuzzer."""
