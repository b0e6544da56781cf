"""A net of two layers in matrices, examples in columns or in rows, with σ at the end."""

import numpy as np

import autograd_lite as ag
from autograd_lite import Value
from corpus.derivation import Lines
from corpus.world.written import Network, Written, worked

__all__ = ["COLUMNS", "COLUMNS_BACKWARD", "ROWS", "ROWS_BACKWARD", "WRITTEN"]

M = 3  # examples


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def columns(X: Value, Y: Value, W1: Value, b1: Value, W2: Value, b2: Value) -> Value:
    Z1 = (W1 @ X + b1).named("Z1")
    A1 = ag.tanh(Z1).named("A1")
    Z2 = (W2 @ A1 + b2).named("Z2")
    A2 = ag.sigmoid(Z2).named("A2")
    return (-(Y * ag.log(A2) + (1 - Y) * ag.log(1 - A2)).sum() / M).named("J")


COLUMNS = Network(
    columns,
    given={
        "X": np.array([[0.5, -1.0, 0.3], [1.2, 0.4, -0.8]]),
        "Y": np.array([[1.0, 0.0, 1.0]]),
        "W1": np.array([[0.3, -0.2], [0.7, 0.5]]),
        "b1": np.array([[0.1], [-0.1]]),
        "W2": np.array([[0.6, -0.9]]),
        "b2": np.array([[0.2]]),
    },
    forward={
        "Z1": lambda W1, X, b1: W1 @ X + b1,
        "A1": lambda Z1: np.tanh(Z1),
        "Z2": lambda W2, A1, b2: W2 @ A1 + b2,
        "A2": lambda Z2: sigmoid(Z2),
        "J": lambda Y, A2: float(-(Y * np.log(A2) + (1 - Y) * np.log(1 - A2)).sum() / M),
    },
    constants=("X", "Y"),
)
COLUMNS_BACKWARD: Lines = {
    "dJ/dZ2": lambda A2, Y: (A2 - Y) / M,
    "dJ/dW2": lambda dJ_dZ2, A1: dJ_dZ2 @ A1.T,
    "dJ/db2": lambda dJ_dZ2: dJ_dZ2.sum(axis=1, keepdims=True),
    "dJ/dA1": lambda W2, dJ_dZ2: W2.T @ dJ_dZ2,
    "dJ/dZ1": lambda dJ_dA1, A1: dJ_dA1 * (1 - A1**2),
    "dJ/dW1": lambda dJ_dZ1, X: dJ_dZ1 @ X.T,
    "dJ/db1": lambda dJ_dZ1: dJ_dZ1.sum(axis=1, keepdims=True),
}


def rows(X: Value, y: Value, W1: Value, b1: Value, W2: Value) -> Value:
    z1 = (X @ W1 + b1).named("z1")
    h = ag.relu(z1).named("h")
    yhat = (h @ W2).named("yhat")
    return (((yhat - y) ** 2).sum() / 2).named("L")


ROWS = Network(
    rows,
    given={
        "X": np.array([[1.0, -0.5], [0.4, 0.9], [-1.1, 0.2]]),
        "y": np.array([[0.5], [-0.2], [0.8]]),
        "W1": np.array([[0.8, -0.4, 0.3], [0.2, 0.6, -0.7]]),
        "b1": np.array([[0.1, 0.2, -0.1]]),
        "W2": np.array([[0.9], [-0.5], [0.4]]),
    },
    forward={
        "z1": lambda X, W1, b1: X @ W1 + b1,
        "h": lambda z1: np.maximum(z1, 0),
        "yhat": lambda h, W2: h @ W2,
        "L": lambda yhat, y: float(((yhat - y) ** 2).sum() / 2),
    },
    constants=("X", "y"),
)
ROWS_BACKWARD: Lines = {
    "dL/dyhat": lambda yhat, y: yhat - y,
    "dL/dW2": lambda h, dL_dyhat: h.T @ dL_dyhat,
    "dL/dh": lambda dL_dyhat, W2: dL_dyhat @ W2.T,
    "dL/dz1": lambda dL_dh, z1: dL_dh * (z1 > 0),
    "dL/dW1": lambda X, dL_dz1: X.T @ dL_dz1,
    "dL/db1": lambda dL_dz1: dL_dz1.sum(axis=0, keepdims=True),
}
RIGHT_ROWS = worked(ROWS, ROWS_BACKWARD)


def vectors() -> Value:
    """One example in columns: z^(1) = W^(1)x + b^(1), squared error."""
    x, t = ag.Constant([[0.4], [-0.9]], "x"), ag.Constant([[0.3], [0.6]], "t")
    W1, b1 = Value([[0.5, -0.3], [0.8, 0.2]], "W1"), Value([[0.1], [0.0]], "b1")
    W2, b2 = Value([[0.7, -0.6], [0.4, 0.9]], "W2"), Value([[0.0], [0.2]], "b2")
    z1 = (W1 @ x + b1).named("z1")
    a1 = ag.sigmoid(z1).named("a1")
    z2 = (W2 @ a1 + b2).named("z2")
    a2 = ag.sigmoid(z2).named("a2")
    return (((a2 - t) ** 2).sum() / 2).named("C")


WRITTEN = (
    Written(
        "matrices: layers in square brackets, 1/m at the weights",
        COLUMNS,
        r"""
   Stack the $m$ examples in the columns of $X$. Backward:

   - $dZ^{[2]} = A^{[2]} - Y$
1  - $dW^{[2]} = \frac{1}{m} dZ^{[2]} A^{[1]T}$
1  - $db^{[2]} = \frac{1}{m} \sum_{i=1}^{m} dZ^{[2](i)}$
   - $dZ^{[1]} = W^{[2]T} dZ^{[2]} * (1 - A^{[1]2})$
1  - $dW^{[1]} = \frac{1}{m} dZ^{[1]} X^{T}$
""",
    ),
    Written(
        "matrices: gradients with the fraction in front, one transposed",
        COLUMNS,
        r"""
   \begin{align*}
1  \frac{\partial J}{\partial Z^{[2]}} &= \frac{1}{3}\left(A^{[2]} - Y\right) \\
1  \frac{\partial J}{\partial W^{[2]}} &= \frac{\partial J}{\partial Z^{[2]}} \left(A^{[1]}\right)^\top \\
1  \frac{\partial J}{\partial A^{[1]}} &= \left(W^{[2]}\right)^\top \frac{\partial J}{\partial Z^{[2]}} \\
1  \frac{\partial J}{\partial Z^{[1]}} &= \frac{\partial J}{\partial A^{[1]}} \odot \left(1 - (A^{[1]})^2\right) \\
!  \frac{\partial J}{\partial W^{[1]}} &= X \left(\frac{\partial J}{\partial Z^{[1]}}\right)^\top
   \end{align*}
""",
        wrong="dJ/dW1",
        kinds=("transposed",),
        suffix=".tex",
    ),
    Written(
        "matrices: a class prints its gradients",
        COLUMNS,
        r"""
   $ python two_layer_net.py --check
   Z1 =
1  «Z1»
   A2 =
1  «A2»
1  cost J = «J:.6f»
   dW2 =
1  «dJ_dW2»
   db2 =
1  «dJ_db2»
   dW1 =
1  «dJ_dW1»
""",
        worked(COLUMNS, COLUMNS_BACKWARD),
        suffix=".txt",
    ),
    Written(
        "matrices: printed gradients, where the mean was taken twice",
        COLUMNS,
        r"""
   >>> net = TwoLayerNet(hidden=2)
   >>> net.backward(X, Y)
1  A2: «A2»
1  J: «J»
!  dW2: «dJ_dW2:.6f»
1  db2: «dJ_db2:.6f»
""",
        worked(COLUMNS, COLUMNS_BACKWARD, dJ_dW2=lambda dJ_dZ2, A1: dJ_dZ2 @ A1.T / M),
        wrong="dJ/dW2",
        kinds=("constant factor",),
        suffix=".txt",
    ),
    Written(
        "matrices: examples in rows, a derivation line by line",
        ROWS,
        r"""
   With $\hat{y} = \text{ReLU}(XW_1 + b_1)W_2$ and $L = \frac{1}{2}\|\hat{y} - y\|^2$,

   $$
   \begin{split}
1  \frac{\partial L}{\partial \hat{y}} &= \hat{y} - y \\
1  \frac{\partial L}{\partial W_2} &= h^T \frac{\partial L}{\partial \hat{y}} \\
1  \frac{\partial L}{\partial h} &= \frac{\partial L}{\partial \hat{y}} W_2^T \\
1  \frac{\partial L}{\partial z_1} &= \frac{\partial L}{\partial h} \odot \mathbb{1}(z_1 > 0) \\
1  \frac{\partial L}{\partial W_1} &= X^T \frac{\partial L}{\partial z_1}
   \end{split}
   $$
""",
    ),
    Written(
        "matrices: NumPy in a fence, the mask of the ReLU forgotten",
        ROWS,
        r"""
   The backward pass in code is short.

1  dyhat = yhat - y
1  dW2 = h.T @ dyhat
1  dh = dyhat @ W2.T
!  dz1 = dh
~  dW1 = X.T @ dz1
""",
        wrong="dL/dz1",
        kinds=("missing factor", "another quantity"),
        suffix=".txt",
    ),
    Written(
        "matrices: numbers in columns and in bmatrix",
        ROWS,
        r"""
   The error of the output is
   \[
1  \frac{\partial L}{\partial \hat{y}} = \begin{bmatrix} «dL_dyhat[0,0]» \\ «dL_dyhat[1,0]» \\ «dL_dyhat[2,0]» \end{bmatrix}
   \]
   and multiplying by $h^T$ from the left,
   \[
1  \frac{\partial L}{\partial W_2} = h^T \frac{\partial L}{\partial \hat{y}} =
1  \begin{pmatrix} «dL_dW2[0,0]» \\ «dL_dW2[1,0]» \\ «dL_dW2[2,0]» \end{pmatrix}.
   \]
   Summing over the rows
   \[
1  \frac{\partial L}{\partial b_1} = \begin{pmatrix} «dL_db1[0,0]» & «dL_db1[0,1]» & «dL_db1[0,2]» \end{pmatrix}
   \]
""",
        RIGHT_ROWS,
        suffix=".tex",
    ),
    Written(
        "matrices: the four equations, without the slope of the first layer",
        vectors,
        r"""
   Denote by $\delta^{(l)} = \frac{\partial C}{\partial z^{(l)}}$ the error of layer $l$.

   \begin{gather*}
1  \boldsymbol{\delta}^{(2)} = (\mathbf{a}^{(2)} - \mathbf{t}) \odot \mathbf{a}^{(2)} \odot (1 - \mathbf{a}^{(2)}) \\
!  \boldsymbol{\delta}^{(1)} = {\mathbf{W}^{(2)}}^T \boldsymbol{\delta}^{(2)} \\
1  \nabla_{\mathbf{W}^{(2)}} C = \boldsymbol{\delta}^{(2)} {\mathbf{a}^{(1)}}^T \\
~  \nabla_{\mathbf{W}^{(1)}} C = \boldsymbol{\delta}^{(1)} \mathbf{x}^T \\
~  \nabla_{\mathbf{b}^{(1)}} C = \boldsymbol{\delta}^{(1)}
   \end{gather*}
""",
        wrong="dC/dz1",
        kinds=("missing factor", "another quantity"),
        suffix=".tex",
    ),
    Written(
        "matrices: layers in round brackets, σ′ of z",
        vectors,
        r"""
1  $$\frac{\partial C}{\partial z^{(2)}} = (a^{(2)} - t) \circ \sigma'(z^{(2)})$$
1  $$\frac{\partial C}{\partial W^{(2)}} = \frac{\partial C}{\partial z^{(2)}} (a^{(1)})^T, \quad
1  \frac{\partial C}{\partial b^{(2)}} = \frac{\partial C}{\partial z^{(2)}}$$
1  $$\frac{\partial C}{\partial z^{(1)}} = (W^{(2)})^T \frac{\partial C}{\partial z^{(2)}} \circ \sigma'(z^{(1)})$$
1  $$\frac{\partial C}{\partial W^{(1)}} = \frac{\partial C}{\partial z^{(1)}} x^T$$
""",
    ),
    Written(
        "matrices: elements with indices of rows and columns",
        vectors,
        r"""
   For one weight at a time,

1  $$\frac{\partial C}{\partial w^{(2)}_{12}} = (a^{(2)}_1 - t_1)\, a^{(2)}_1 (1 - a^{(2)}_1)\, a^{(1)}_2$$
!  $$\frac{\partial C}{\partial w^{(2)}_{21}} = (a^{(2)}_2 - t_2)\, a^{(2)}_2 (1 - a^{(2)}_2)\, a^{(1)}_2$$
""",
        wrong="dC/dW2[1,0]",
        kinds=("wrong index", "another quantity", "wrong factor"),
        names={"w^{(2)}_{12}": "W2[0,1]", "w^{(2)}_{21}": "W2[1,0]"},
    ),
)
