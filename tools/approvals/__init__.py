"""What a person approves, how it is signed and how the signature is checked.

The signing half (`signing`, `keys`) is for the people's doors alone; whoever else looks in here needs
`document`, `mime`, `registry`, `verify` and `deploy`.
"""
