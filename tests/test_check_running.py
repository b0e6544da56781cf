"""The code of a document, run on request, is the graph of its derivative lines."""

from pathlib import Path

import pytest

import autograd_lite as ag
from autograd_lite.check.code.forward import code_of, forward_code, run_forward
from autograd_lite.cli.commands import main
from autograd_lite.errors import ClaimError

pytestmark = pytest.mark.slow  # each starts a process

FUNCTION = """
With x = 0.5, w = 0.8, b = 0.1 and t = 1:

```python
def forward(x, w, b, t):
    z = w * x + b
    h = 1 / (1 + np.exp(-z))
    E = 0.5 * (h - t) ** 2
    return E
```

dE/dh = h - t = -0.3775
dE/dw = (h - t) h (1 - h) x
dE/db = (h - t) h (1 + h)
"""
CLASS = """
import numpy as np


class Net:
    def __init__(self):
        self.W = np.array([[0.2, -0.4], [0.3, 0.1]])
        self.v = np.array([0.7, -0.5])

    def forward(self, x):
        self.z = self.W @ x
        self.h = np.tanh(self.z)
        return self.v @ self.h


x, t = np.array([0.5, -1.0]), 0.3
net = Net()
y = net.forward(x)
L = (y - t) ** 2
# dL/dy = 2(y - t)
# dL/dz = 2(y - t) * v * (1 - h**2)
dW = np.outer(2 * (y - t) * net.v, x)
"""


def test_a_function_is_called_with_the_numbers_of_the_document() -> None:
    report = ag.check(FUNCTION, run=True)
    assert [one.verdict for one in report.findings] == ["right", "right", "right", "wrong"]
    assert report.notes[0].startswith("the graph is that of the code, of forward, which was run")
    assert report.output == "E"


def test_what_a_script_computes_by_itself_is_judged_too(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(CLASS, encoding="utf-8")
    report = ag.check(path, run=True)
    found = {one.name: one.verdict for one in report.findings if one.quantity}
    assert found == {"dL/dy": "right", "dL/dz": "right", "dW": "wrong"}


def test_without_run_the_report_says_how_to_ask_for_it(tmp_path: Path) -> None:
    with pytest.raises(ClaimError, match="forward would give the graph, with --run"):
        ag.check(FUNCTION)
    report = ag.check(f"{FUNCTION}\nz = w x + b\nh = σ(z)\nE = ½(h - t)²")
    assert any("forward would give the graph" in note for note in report.notes)
    path = tmp_path / "notes.md"
    path.write_text(FUNCTION, encoding="utf-8")
    assert main(["check", str(path)]) == 2
    assert main(["check", str(path), "--run"]) == 1


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def forward(x, q):\n    return x * q", "forward needs q"),
        ("def forward(x):\n    return x / ) ", "SyntaxError"),
        ("import os\nos._exit(3)", "ended without a result"),
        ("x = 1.0\nwhile True: pass", "not ended after"),
        ("print('x')", "computes nothing"),
    ],
)
def test_code_that_gives_no_graph_says_why(
    code: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_forward.__kwdefaults__ is not None
    monkeypatch.setitem(run_forward.__kwdefaults__, "seconds", 5.0)
    with pytest.raises(ClaimError, match=said):
        ag.check(f"x = 2\n```python\n{code}\n```\ndE/dx = 2\n", run=True)


def test_the_code_of_a_text_keeps_its_lines() -> None:
    assert code_of("a\n~~~ py\nb = 1\n~~~\nc\n```text\nd\n```\n") == "\n\nb = 1\n"
    assert forward_code("class Net:\n    def forward(self): ...\n    def backward(self): ...") == (
        "Net.forward"
    )
    assert forward_code("def backward(loss): ...") == forward_code("def (") == ""
