"""Figures with their uncertainty: a score has an interval, a comparison a test, a formula its source."""

from evals.statistics.agreement import Agreement, Repeatability, kappa, position_swap, retest
from evals.statistics.comparing import Difference, independent, paired, power, sample_size
from evals.statistics.confidences import (
    Calibration,
    ReliabilityBin,
    RiskPoint,
    calibration,
    selective_risk,
)
from evals.statistics.intervals import Interval, bootstrap, mean, proportion
from evals.statistics.scores import auc, f1, set_f1

__all__ = [
    "Agreement",
    "Calibration",
    "Difference",
    "Interval",
    "ReliabilityBin",
    "Repeatability",
    "RiskPoint",
    "auc",
    "bootstrap",
    "calibration",
    "f1",
    "independent",
    "kappa",
    "mean",
    "paired",
    "position_swap",
    "power",
    "proportion",
    "retest",
    "sample_size",
    "selective_risk",
    "set_f1",
]
