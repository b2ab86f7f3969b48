"""What can go wrong at the door to models.

RevloopsError          one sentence for a person, always
└── ModelError         a model gave nothing that can be used
    ├── ModelDown      it can't be asked at all: out of reach, failing, refused, or the day's budget is spent
    ├── OverBudget     this run has spent what it may
    └── BadAnswer      it answered, but with something that can't be read; asking once more may help
"""

from loops.errors import RevloopsError


class ModelError(RevloopsError):
    """A model gave nothing that can be used."""


class ModelDown(ModelError):
    """The model can't be asked; the text names it and says what happened."""


class OverBudget(ModelError):
    """The run has spent what it may; the text says of what."""


class BadAnswer(ModelError):
    """An answer that can't be read; the text says why."""
