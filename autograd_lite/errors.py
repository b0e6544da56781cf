"""Every exception that autograd_lite raises on purpose.

    AutogradLiteError
    ├── DataError(TypeError)            what was given cannot be held by a Value
    ├── ShapeError(ValueError)          shapes, axes or sizes do not fit together
    ├── GraphError(RuntimeError)        the graph cannot be used in this way
    │   ├── StaleValueError             data changed after they were used
    │   ├── AnomalyError                an op made nan or inf, where that was to be found
    │   └── GraphTooLargeError          more scalars than can be shown or laid out
    ├── NameLookupError(LookupError)    no value, or more than one, has that name
    ├── ClaimError(ValueError)          a claim of a hand derivation cannot be read
    │   └── FormulaError                a formula cannot be read; it says at which column
    ├── TargetError(ValueError)         a command line target cannot be loaded
    ├── CheckpointError(ValueError)     saved weights are damaged, or those of another model
    ├── TrainingError(ArithmeticError)  a loss or gradient is not a number
    ├── RenderError(RuntimeError)       a picture cannot be laid out or written
    └── MissingExtraError(ImportError)  an optional dependency is not installed

Each message says what was given, what is needed and what to do. The second base is the built-in
exception that a caller would expect, so that ``except ValueError`` keeps working.
"""

__all__ = [
    "AnomalyError",
    "AutogradLiteError",
    "CheckpointError",
    "ClaimError",
    "DataError",
    "FormulaError",
    "GraphError",
    "GraphTooLargeError",
    "MissingExtraError",
    "NameLookupError",
    "RenderError",
    "ShapeError",
    "StaleValueError",
    "TargetError",
    "TrainingError",
]


class AutogradLiteError(Exception):
    """The base of every exception of this package."""


class DataError(AutogradLiteError, TypeError):
    """What was given cannot be the data of a Value."""


class ShapeError(AutogradLiteError, ValueError):
    """Shapes, axes or sizes do not fit together."""


class GraphError(AutogradLiteError, RuntimeError):
    """The graph cannot be used in this way."""


class StaleValueError(GraphError):
    """A value's data were assigned after another value had been computed from them."""


class AnomalyError(GraphError):
    """Within ``detect_anomaly`` an op made nan or inf of finite numbers."""


class GraphTooLargeError(GraphError):
    """The graph has more scalars than can be expanded, shown or laid out."""


class NameLookupError(AutogradLiteError, LookupError):
    """No value, or more than one, has the name that was asked for."""


class ClaimError(AutogradLiteError, ValueError):
    """A claim of a hand derivation cannot be read."""


class FormulaError(ClaimError):
    """A formula cannot be read, from the column that the message names."""


class TargetError(AutogradLiteError, ValueError):
    """A command line target cannot be loaded, or does not give a Value."""


class CheckpointError(AutogradLiteError, ValueError):
    """A file of saved weights is damaged, no such file, or one of another model."""


class TrainingError(AutogradLiteError, ArithmeticError):
    """A loss or a gradient is not a finite number; the message names where that began."""


class RenderError(AutogradLiteError, RuntimeError):
    """A picture cannot be laid out or written."""


class MissingExtraError(AutogradLiteError, ImportError):
    """An optional dependency is not installed; the message says which extra brings it."""
