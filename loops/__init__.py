"""The ten revenue loops and the small framework they share; pure: no model, network, file, clock or SQL."""
