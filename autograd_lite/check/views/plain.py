"""A report as plain data: dicts, lists, strings and numbers, as JSON can hold them."""

import math
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from autograd_lite.check.finding import Finding
from autograd_lite.check.views.roots import VERDICTS, count

__all__ = ["findings_as_dict"]


def findings_as_dict(
    output: str, findings: Sequence[Finding], notes: Sequence[str] = ()
) -> dict[str, Any]:
    """Counts, notes and findings. A number that is not finite is "nan", "inf" or "-inf".

    >>> found = findings_as_dict("E", [Finding(name="E", given=float("nan"), verdict="wrong")])
    >>> found["ok"], found["wrong"], found["findings"][0]["given"]
    (False, 1, 'nan')
    """
    counts: dict[str, Any] = {verdict: count(findings, verdict) for verdict in VERDICTS}
    ok = counts["wrong"] == counts["follows"] == 0
    listed = [_plain(finding) for finding in findings]
    return {"output": output, "ok": ok, **counts, "notes": list(notes), "findings": listed}


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(name): _plain(held) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(held) for held in value]
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float | str | None) else str(value)
