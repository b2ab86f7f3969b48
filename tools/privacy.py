"""What is kept from language models: `[privacy]` of revloops.toml."""

from loops.values import Value


class PrivacySettings(Value):
    """The `[privacy]` table; docs/privacy.md lists every field that a model is sent."""

    withhold: tuple[str, ...] = ()
    # fields such as reader.first_name, of one specialist with its name before it; empty: nothing is withheld
