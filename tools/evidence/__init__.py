"""Past leads as evidence about config: read, held against it, figures made."""
