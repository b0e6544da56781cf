"""What scripts, classes and notebooks print: dictionaries, tensors, frames, columns."""

from corpus.world import neuron, two_layers
from corpus.world.written import Written, worked

__all__ = ["WRITTEN"]

NEURON, NEURON_RIGHT = neuron.NETWORK, neuron.RIGHT
LAYERS, LAYERS_RIGHT = two_layers.NETWORK, two_layers.RIGHT
STALE = worked(
    LAYERS,
    two_layers.BACKWARD,
    dE_dout_h1=lambda delta_o1, w5, dE_dw5, delta_o2, w7: (
        delta_o1 * (w5 - 0.5 * dE_dw5) + delta_o2 * w7
    ),
)

WRITTEN = (
    Written(
        "printed: tensors of PyTorch with their grad_fn",
        NEURON,
        r"""
   $ python neuron.py
1  z = tensor(0.5600, grad_fn=<AddBackward0>)
1  a = tensor(«a», grad_fn=<SigmoidBackward0>)
1  L = tensor(«L», grad_fn=<MulBackward0>)
1  w1.grad = tensor(«dL_dw1»)
1  w2.grad = tensor(«dL_dw2»)
1  b.grad = tensor(«dL_db»)
""",
        NEURON_RIGHT,
        suffix=".txt",
    ),
    Written(
        "printed: a frame of pandas with an index",
        NEURON,
        r"""
      value  gradient
2  w1   0.40   «dL_dw1»
1! w2  -0.30    «dL_dw2»
2  b    0.20   «dL_db»
""",
        worked(NEURON, neuron.BACKWARD, dL_dw2=lambda dL_dz, x2: -dL_dz * x2),
        wrong="dL/dw2",
        kinds=("wrong sign",),
        suffix=".txt",
    ),
    Written(
        "printed: columns, padded with blanks and a rule below",
        LAYERS,
        r"""
   name       hand
   ---------  ----------
1  net_h1     «net_h1:10.6f»
1  net_o1     «net_o1:10.6f»
1  delta_o1   «delta_o1:10.6f»
1  dE/dw5     «dE_dw5:10.6f»
1  dE/dw1     «dE_dw1:10.6f»
1  dE/dw3     «dE_dw3:10.6f»
""",
        LAYERS_RIGHT,
        suffix=".txt",
    ),
    Written(
        "printed: an update before the error goes back",
        LAYERS,
        r"""
   updating the output layer ...
1    w5: 0.62 -> «w5_new:.6f»
   propagating to the hidden layer ...
!    dE/dout_h1 = «dE_dout_h1:.6f»
~    delta_h1   = «delta_h1:.6f»
~    dE/dw1     = «dE_dw1:.6f»
~    w1: 0.24 -> «w1_new:.6f»
""",
        STALE,
        wrong="dE_total/dout_h1",
        kinds=("updated before reuse",),
        suffix=".txt",
        learning_rate=0.5,
    ),
    Written(
        "printed: a dictionary of gradients in a notebook",
        NEURON,
        r"""
   %% code
   n = Neuron(w=[0.4, -0.3], b=0.2)
   n.forward(x)
   %% code
   grads
   %% output
3  {'dw1': «dL_dw1:.6f», 'dw2': «dL_dw2:.6f», 'db': «dL_db:.6f»}
   %% code
   n.z, n.a
   %% output
   (0.56, «a:.6f»)
   %% markdown
1  The slope of the activation is `a*(1-a)` = **«da_dz:.6f»**.
""",
        NEURON_RIGHT,
        suffix=".ipynb",
    ),
    Written(
        "printed: a script's comments beside its numbers",
        NEURON,
        r'''
   """One neuron by hand."""
1  z = 0.56          # w1*x1 + w2*x2 + b
1  a = «a:.5f»
1  dL_da = «dL_da:.5f»   # a - y
!  da_dz = «da_dz:.5f»   # slope
~  dL_dz = «dL_dz:.5f»
~  dL_dw1 = «dL_dw1:.5f»
~  dL_dw2 = «dL_dw2:.5f»
   print(dL_dw1, dL_dw2)
''',
        worked(NEURON, neuron.BACKWARD, da_dz=lambda a: 1 / (a * (1 - a))),
        wrong="da/dz",
        kinds=("upside down",),
        suffix=".py",
    ),
    Written(
        "printed: epochs with the loss beside them",
        NEURON,
        r"""
   Epoch 1/1
2  forward:  a=«a:.4f»  loss L=«L:.4f»
3  backward: dL/da=«dL_da:.4f»  da/dz=«da_dz:.4f»  dL/dz=«dL_dz:.4f»
2  update:   w1 -> «w1_new:.4f», w2 -> «w2_new:.4f»
   done in 0.01s
""",
        NEURON_RIGHT,
        suffix=".txt",
        learning_rate=0.5,
    ),
    Written(
        "printed: an org table in a file of UTF-16",
        LAYERS,
        r"""
   | Gewicht | Gradient |
   |---------+----------|
1  | w5 | «dE_dw5:.5f,» |
1  | w6 | «dE_dw6:.5f,» |
!  | w7 | «dE_dw7:.5f,» |
1  | w8 | «dE_dw8:.5f,» |
""",
        worked(LAYERS, two_layers.BACKWARD, dE_dw7=lambda delta_o1, out_h1: delta_o1 * out_h1),
        wrong="dE_total/dw7",
        kinds=("another quantity", "wrong index", "wrong factor"),
        suffix=".txt",
        encoding="utf-16",
    ),
)
