"""A seeded company with known ground truth: everything needed to try the product without anybody's data."""

from tools.sandbox.enricher import SandboxEnricher
from tools.sandbox.setting import COMPETITORS, OWN_DOMAIN, OWN_NAME
from tools.sandbox.worked import worked_example
from tools.sandbox.world import World

__all__ = ["COMPETITORS", "OWN_DOMAIN", "OWN_NAME", "SandboxEnricher", "World", "worked_example"]
