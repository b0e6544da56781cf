"""Arrays by their parts, in the operators of MATLAB, PyTorch and einsum, with ones, transposed."""

import pytest

import autograd_lite as ag
from autograd_lite import Constant, Value
from autograd_lite.check.read.documents import read_document

RIGHT, WRONG, UNCHECKED = "right", "wrong", "unchecked"


def network() -> Value:
    x = Constant([[1.0, 2.0, -1.0], [0.5, -0.3, 0.7]], "X")
    y = Constant([[1.0, 0.0], [0.0, 1.0]], "Y")
    w = Value([[0.2, -0.5], [0.7, 0.1], [-0.3, 0.4]], "W")
    z = (x @ w + Value([0.1, -0.2], "b")).named("Z")
    a = ag.sigmoid(z).named("A")
    return ((a - y) ** 2).sum().named("L")


def verdicts(text: str) -> list[str]:
    return [one.verdict for one in ag.compare(network(), read_document(text)).findings]


@pytest.mark.parametrize(
    ("line", "slip"),
    [
        ("dW[:,0] = [0.0849, -0.1160, 0.1790]", "dW[:,0] = [0.0849, 0.1160, 0.1790]"),
        ("dW[:, 0] = [0.0849, -0.1160, 0.1790]", "dW[:, 1] = [0.0849, -0.1160, 0.1790]"),
        ("dW[0] = [0.0849, -0.0173]", "dW[1] = [0.0849, -0.0173]"),
        ("dW[1:, 0] = [-0.1160, 0.1790]", "dW[1:, 0] = [-0.1160, 0.1970]"),
        ("dW[-1] = [0.1790, -0.3093]", "dW[-1] = [0.1790, 0.3093]"),
        ("dZ[0] = 2(A[0] - Y[0])*A[0]*(1 - A[0])", "dZ[0] = 2(A[0] - Y[0])*A[0]*(1 - A[1])"),
        ("dW[:,0] = X.T @ dZ[:,0]", "dW[:,0] = X.T @ dZ[:,1]"),
        ("dW^T = dZ^T X", "dW^T = dA^T X"),
        (r"$(\frac{\partial L}{\partial W})^\top = dZ^\top X$", r"$dW^\top = A^\top X$"),
        ("db = np.sum(dZ[:, :], axis=0)", "db = np.sum(dZ[:, :], axis=1)"),
        ("dW = [0.0849 -0.0173; -0.1160 0.3193; 0.1790 -0.3093]", "b = [0.1; 0.2]"),
        ("dZ = 2(A - Y).*A.*(1 - A)", "dZ = 2(A - Y).*A.*(1 + A)"),
        ("A = 1 ./ (1 + exp(-Z))", "A = 1 ./ (1 + exp(Z))"),
        ("dW = X' dZ", "dW = X' dA"),
        ("dW = X'*dZ", "dW = X'*dA"),
        ("L = sum(sum((A - Y).^2))", "L = sum(sum((A - Y).^3))"),
        ("dW = np.einsum('ni,nj->ij', X, dZ)", "dW = np.einsum('ni,nj->ij', X, dA)"),
        ("dW = torch.mm(X.t(), dZ)", "dW = torch.mm(X.t(), dA)"),
        ("dW = X.transpose(0, 1).matmul(dZ)", "dW = X.transpose(0, 1).matmul(A)"),
        ("dW = (X[:,:,None] * dZ[:,None,:]).sum(0)", "dW = (X[:,:,None] * A[:,None,:]).sum(0)"),
        ("dW = (X.unsqueeze(2) * dZ.unsqueeze(1)).sum(dim=0)", "A = Z.tanh()"),
        ("A = Z.sigmoid()", "A = Z.exp()"),
        (r"$db = \mathbf{1}^T dZ$", r"$db = \mathbf{1}^T dA$"),
        (r"$Z = XW + \mathbf{1}_2 b^\top$", r"$Z = XW - \mathbf{1}_2 b^\top$"),
        (r"$L = \mathbf{1}^T(A - Y)^2\mathbf{1}$", r"$L = \mathbf{1}^T(A - Y)\mathbf{1}$"),
        (r"$db = \sum_{i=1}^m dZ^{(i)}$", r"$db = \sum_{i=1}^m dA^{(i)}$"),
        (r"$dW = \sum_i x^{(i)} (dz^{(i)})^T$", r"$dW = \sum_i x^{(i)} (da^{(i)})^T$"),
        (r"$dz^{(i)} = 2(a^{(i)} - y^{(i)}) \odot a^{(i)} \odot (1 - a^{(i)})$", "A[0,0] = 0.8"),
    ],
)  # fmt: skip
def test_a_form_is_read_and_a_slip_in_it_found(line: str, slip: str) -> None:
    assert set(verdicts(line)) == {RIGHT}
    assert WRONG in verdicts(slip)


@pytest.mark.parametrize("line", ["dZ = dA ⊙ A'", "dZ = dA * A'(Z)"])
def test_a_prime_that_may_be_a_derivative_is_no_transposition(line: str) -> None:
    assert verdicts(line) == [UNCHECKED]


def test_the_sum_of_no_module_may_be_over_the_examples() -> None:
    assert verdicts("db = sum(dZ, 1)\ndb = sum(dZ)") == [RIGHT, RIGHT]
    assert verdicts("db = np.sum(dZ, 1)\ndb = sum(dZ, axis=1)") == [WRONG, WRONG]


def test_a_part_with_the_shape_of_the_whole_is_not_judged() -> None:
    assert verdicts("A[1] = [[0.8808, 0.2891], [0.4452, 0.4502]]") == [UNCHECKED]


def test_softmax_without_an_axis_is_that_of_each_example() -> None:
    z = Value([[0.2, -0.5, 1.0], [0.7, 0.1, 0.3]], "z")
    raised = ag.exp(z)
    p = (raised / raised.sum(axis=1, keepdims=True)).named("p")
    loss = (p * p).sum().named("L")
    found = ag.compare(loss, read_document("p = softmax(z)\np = softmax(-z)")).findings
    assert [one.verdict for one in found] == [RIGHT, WRONG]
