"""Each op on arrays as NumPy code. What NumPy has no function for is imported from the package."""

from collections.abc import Callable, Mapping
from typing import Any

from autograd_lite.chain.derivation.expression import Expression
from autograd_lite.chain.derivation.written import Level, Writer, Written, index_text, raised
from autograd_lite.op import shape_of
from autograd_lite.ops.broadcasting import positive_axes

__all__ = ["ARRAYS", "by_column"]

Template = Callable[[Writer, Expression], Written]

_PACKAGE, _ADJOINTS = "autograd_lite", "autograd_lite.chain.adjoints"


def _call(name: str, module: str = "numpy", **defaults: Any) -> Template:
    """A call with the operands, then with the settings that are not the default."""

    def template(writer: Writer, part: Expression) -> Written:
        settings = _pairs_as_one(part.attributes)
        given = {key: one for key, one in settings.items() if defaults.get(key, _NONE) != one}
        return Written(writer.call(module, name, *part.operands, **given))

    return template


_NONE = object()


def _pairs_as_one(settings: Mapping[str, Any]) -> dict[str, Any]:
    """A stride of (2, 2) is a stride of 2."""
    return {
        key: one[0] if key in _PAIRS and one[0] == one[1] else one for key, one in settings.items()
    }


_PAIRS = {"size", "stride", "padding", "dilation"}


def _pool(name: str, module: str) -> Template:
    def template(writer: Writer, part: Expression) -> Written:
        settings = _pairs_as_one(part.attributes)
        if settings["stride"] == settings["size"]:
            del settings["stride"]
        defaults = {"size": 2, "padding": 0, "dilation": 1}
        given = {key: one for key, one in settings.items() if defaults.get(key) != one}
        return Written(writer.call(module, name, *part.operands, **given))

    return template


def _raised(writer: Writer, part: Expression) -> Written:
    base, exponent = part.operands
    return raised(writer.write(base, Level.ATOM), writer.write(exponent, Level.SIGN))


def _where(writer: Writer, part: Expression) -> Written:
    condition, a, b = part.operands
    texts = writer.condition(condition), writer.write(a), writer.write(b)
    return Written(f"np.where({', '.join(texts)})")


def _reduction(name: str) -> Template:
    def template(writer: Writer, part: Expression) -> Written:
        (x,), axis = part.operands, part.attributes["axis"]
        axes = positive_axes(axis, len(shape_of(x)))
        given = (
            {"axis": axes[0] if len(axes) == 1 else axes} if len(axes) < len(shape_of(x)) else {}
        )
        if part.attributes["keepdims"]:
            given["keepdims"] = True
        return Written(writer.call("numpy", name, x, **given))

    return template


def _reshape(writer: Writer, part: Expression) -> Written:
    """New axes are an index with None, as a person writes them."""
    (x,), shape = part.operands, part.shape
    given = shape_of(x)
    if (factors := by_column(part, writer.is_inside)) is not None:
        texts = writer.write(factors[0], Level.PRODUCT), writer.write(factors[1], Level.SIGN)
        return Written(" @ ".join(texts), Level.PRODUCT)
    if given and tuple(size for size in shape if size != 1) == given and 1 not in given:
        index = ", ".join("None" if size == 1 else ":" for size in shape)
        return Written(f"{writer.write(x, Level.ATOM)}[{index}]")
    if len(given) == len(shape) + 1 and given == (*shape, 1):
        return Written(f"{writer.write(x, Level.ATOM)}[..., 0]")
    if not given:
        return _full(writer, shape, x)
    text = writer.write(x, Level.ATOM)
    if not shape:
        return Written(f"{text}[{', '.join('0' * len(given))}]")
    sizes = ", ".join(map(str, shape))
    return Written(f"{text}.ravel()" if len(shape) == 1 else f"{text}.reshape({sizes})")


def by_column(part: Expression, is_inside: Callable[..., bool]) -> tuple[Any, Any] | None:
    """The matrix and the vector of (A @ g[:, None])[:, 0]; NumPy runs the same for A @ g."""
    (product,) = part.operands
    if part.kind != "reshape" or not is_inside(product, "matmul"):
        return None
    matrix, column = product.operands
    if len(shape_of(matrix)) != 2 or not is_inside(column, "reshape"):
        return None
    (vector,) = column.operands
    fits = part.shape == product.shape[:1] and column.shape == (*shape_of(vector), 1)
    return (matrix, vector) if fits else None


def _broadcast(writer: Writer, part: Expression) -> Written:
    (x,), shape = part.operands, part.shape
    if writer.is_inside(x, "reshape") and not shape_of(x.operands[0]):
        (x,) = x.operands
    if not shape_of(x):
        return _full(writer, shape, x)
    return Written(writer.call("numpy", "broadcast_to", x, shape))


def _full(writer: Writer, shape: tuple[int, ...], x: Any) -> Written:
    """An array of one number; of floats, also where Python has a whole number or a truth value."""
    size = shape[0] if len(shape) == 1 else shape
    return Written(f"np.full({size}, {writer.write(x)}, float)")


def _astype(writer: Writer, part: Expression) -> Written:
    text = writer.write(part.operands[0], Level.ATOM)
    return Written(f"{text}.astype(np.{part.attributes['dtype']})")


def _transpose(writer: Writer, part: Expression) -> Written:
    (x,), axes = part.operands, part.attributes["axes"]
    if [axis % len(axes) for axis in axes] == list(range(len(axes)))[::-1]:
        return Written(f"{writer.write(x, Level.ATOM)}.T")
    return Written(writer.call("numpy", "transpose", x, axes))


def _getitem(writer: Writer, part: Expression) -> Written:
    (x,) = part.operands
    return Written(f"{writer.write(x, Level.ATOM)}[{index_text(part.attributes['index'])}]")


def _concatenate(writer: Writer, part: Expression) -> Written:
    pieces = part.operands
    numbers = [piece.operands[0] for piece in pieces if writer.is_inside(piece, "reshape")]
    if len(numbers) == len(pieces) and not any(map(shape_of, numbers)):
        return Written(f"np.array([{', '.join(map(writer.write, numbers))}], float)")
    axis = f", axis={part.attributes['axis']}" if part.attributes["axis"] else ""
    return Written(f"np.concatenate([{', '.join(map(writer.write, pieces))}]{axis})")


def _einsum(writer: Writer, part: Expression) -> Written:
    subscripts = part.attributes["subscripts"]
    return Written(writer.call(_PACKAGE, "einsum", subscripts, *part.operands))


_CONVOLUTION = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1}

ARRAYS: dict[str, Template] = {
    **{name: _call(name) for name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "abs", "sign")},
    **{name: _call(name) for name in ("maximum", "minimum", "power")},
    "where": _where,
    "relu": lambda writer, part: Written(writer.call("numpy", "maximum", *part.operands, 0)),
    "raised": _raised,
    "astype": _astype,
    "sigmoid": _call("sigmoid", _PACKAGE),
    **{name: _reduction(name) for name in ("sum", "max", "min")},
    **{name: _call(name, _ADJOINTS, axis=None) for name in ("first_max", "first_min")},
    "reshape": _reshape,
    "broadcast_to": _broadcast,
    "transpose": _transpose,
    "getitem": _getitem,
    "scatter_add": _call("scatter_add", _ADJOINTS),
    "concatenate": _concatenate,
    "pad": lambda writer, part: Written(
        writer.call("numpy", "pad", *part.operands, part.attributes["width"])
    ),
    "einsum": _einsum,
    "conv2d": _call("conv2d", _PACKAGE, **_CONVOLUTION),
    "conv2d_input": _call("conv2d_input", _ADJOINTS, **_CONVOLUTION),
    "conv2d_kernel": _call("conv2d_kernel", _ADJOINTS, **_CONVOLUTION),
    "max_pool2d": _pool("max_pool2d", _PACKAGE),
    "avg_pool2d": _pool("avg_pool2d", _PACKAGE),
    **{
        name: _pool(name, _ADJOINTS)
        for name in ("avg_unpool2d", "pool_gather", "pool_scatter", "pool_winners")
    },
}
"""For the kinds of expressions the template on arrays."""
