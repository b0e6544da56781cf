"""Spelling: what a person's way of writing a quantity says, whatever the names in it stand for.

A gradient is written ``grad_w``, ``w_grad``, ``dw``, ``∇_w``, ``w̄``, ``gradient for weight w``. The
functions here take a text apart in every way that it allows; only some of the parts will be names.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

_LATEX = re.compile(
    r"\\(?:[dt]?frac|left|right|displaystyle|text(?:bf|it|rm|sf|tt)?|math(?:bf|bb|cal|it|rm|sf|scr"
    r"|frak|tt)|boldsymbol|bm|pmb|bf|rm|it|cal|vec|operatorname\*?|underline)(?![A-Za-z])"
    r"|\\[,;:!> ]|\$"
)
# A weight after a step, and before it: w^{new}, w^{+}, w^{(t+1)}, w(t+1); w^{old}, w^{(t)}.
_NEXT = re.compile(
    r"""
    [\^_] \s*\{?\s* \(? \s*(?:\\(?:text|mathrm)\s*\{)?\s*
      (?: new|neu|updated|next | [tk]\s*\+\s*1 | \+ )(?![A-Za-z0-9]) \s*\}?\s*\)?\s*\}?
    | (?<=[\w}])\s* [(\[] [tk]\s*\+\s*1 [)\]]
    | ⁺
    """,
    re.VERBOSE,
)
_NOW = re.compile(r"(?<=[\w}])\s*(?:\^\s*\{?\s*\(?\s*(?:old|t)\s*\)?\s*\}?(?![\w)])|\(t\))")
# The layer of a name: z^{(1)}, z^{[1]} and z^(1) are z_1.
_LAYER = re.compile(r"\^\s*\{?\s*[(\[]\s*(\w+|L\s*-\s*1)\s*[)\]]\s*\}?")
_SUBSCRIPTED = re.compile(
    r"""
    (?P<base> (?:(?<![A-Za-z0-9\\])|(?<=\bd)) [^\W\d_]\d* | \\[A-Za-z]+(?:\s*\{[^{}]*\})? )
    (?P<first> \s*\^\s*\{?\s*[(\[]\s*(?P<layer>\w+)\s*[)\]]\s*\}? )?
    \s*_\s* (?: \{\s*(?P<index>\d+(?:\s*,\s*\d+)*)\s*\} | (?P<digit>\d) )
    (?: \s*\^\s*\{?\s*[(\[]\s*(?P<after>\w+)\s*[)\]]\s*\}? )?
    """,
    re.VERBOSE,
)
# What a value is a function of says nothing of which it is: E(A, T).
_ARGUMENTS = re.compile(
    r"(?<=[A-Za-z0-9}])(?<!\bd)(?<!\{d)\(\s*[^\W\d][^()=+*/^]*\)(?=\s*(?:/|\}|$))"
)
# The gradient of a function of one thing is by that: ∇J(w).
_GRADIENT_OF = re.compile(r"^\s*(?:∇|\\nabla)\s*([A-Za-z]\w*)\s*\(\s*([^\W\d]\w*)\s*\)\s*$")
_FONT = re.compile(
    r"\\(?:math(?:bf|bb|cal|it|rm|sf)|boldsymbol|bm|bf|text(?:bf|it|rm))(?![A-Za-z])"
)
_VARIATION = re.compile(
    r"\\[dt]?frac\s*\{\s*(?:\\delta|δ)\s*([^{}]+)\}\s*\{\s*(?:\\delta|δ)\s*([^{}]+)\}"
    r"|(?<!\w)(?:\\delta|δ)\s*(\w+)\s*/\s*(?:\\delta|δ)\s*(\w+)"
)
_DERIVES = re.compile(r"∂|\\partial|\\nabla|∇|frac|^\s*(?:d|δ|\\delta)\s*\S+\s*/\s*(?:d|δ|\\delta)")
_ARGUMENT = r"\s*(?:\\[A-Za-z]+(?:\s*\{[^{}]*\}|\s+\w)?|[^\W\d])(?:_?\w{1,3}|_\{[^{}]*\})?\s*"
_FUNCTION = re.compile(rf"([^()=]*[A-Za-z0-9}}])\(({_ARGUMENT}(?:[,;]{_ARGUMENT})*)\)")
_ELSEWHERE = re.compile(r"[A-Za-z0-9}]\(\\?[^\W\d][^()]{0,30}[_^{](?:new|old|prev|next)\W*\)\W*$")
_OTHER_PLACE = re.compile(r"new|old|prev|next|hat|tilde")
_SYMBOLS = str.maketrans(
    dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
    | {
        "∇": " nabla ",
        "\N{COMBINING MACRON}": " bar ",
        "\N{COMBINING CIRCUMFLEX ACCENT}": "hat",
        "∆": " Delta ",
    }
)
_ACCENT = re.compile(r"\\(hat|tilde)\s*\{?\s*(\w+)\s*\}?")  # \hat{x} is xhat
_INDEX = re.compile(r"[(\[]([\d\s,]+)[)\]]")
_SLICE = re.compile(r"\[(?=[^\[\]]*:)([-\d\s,:]+)\]")
_SEPARATORS = re.compile(r"[\s_{}(),.:·`\\]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_APART = re.compile(r"(?<=\d) (?=\d)|(?<=[\d⋮]) (?=[-⋮\d])")  # ⋮ is the : of a slice
_SUBSCRIPTS = re.compile(r" (\d+(?:,\d+)+)(?![\],\d])")  # K_{1,0} is K[1,0]
_TIGHT = re.compile(r" ?([/\[\],]) ?")
_RATES = {"eta", "lr", "learningrate", "alpha", "stepsize"}
_STEP = "∆"  # unlike Δ it has no lower case, so that Δw stays apart from δw

_LEADING = re.compile(
    r"(?:(?:the|initial|old|(?:value|weight|output|neuron|input|target)s?)[ _]+"
    r"(?:(?:of|for)[ _]+)?)+",
    re.IGNORECASE,
)
_TRAILING = re.compile(r"[ _]+(?:output|weight)s?$", re.IGNORECASE)


def words(spelling: str) -> str:
    r"""A spelling as words with one space between: without LaTeX, underscores, braces, Greek.

    >>> words(r"\text{grad}_{w_{\text{conv}}}"), words("w_conv[0][1]"), words("γ₁"), words("Δw_9")
    ('grad w conv', 'w conv[0,1]', 'gamma 1', '∆ w 9')
    """
    spelling = _VARIATION.sub(r"∂\1\3/∂\2\4", spelling)
    spelling = _GRADIENT_OF.sub(r"∇_{\2} \1", spelling)
    if _DERIVES.search(spelling):
        spelling = _ARGUMENTS.sub("", spelling)
    text = _LAYER.sub(r"_\1 ", _NOW.sub("", _NEXT.sub(" new ", spelling)))
    text = text.replace(r"\partial", "∂").replace(r"\overline", r"\bar")
    text = _ACCENT.sub(r"\2\1", _FONT.sub(" ", text))
    if not text.isascii():
        text = unicodedata.normalize("NFD", text).translate(_SYMBOLS)
        text = "".join(map(_latin, text))
    text = _INDEX.sub(r"[\1]", _LATEX.sub(" ", text)).replace("][", ",")
    text = _SLICE.sub(lambda found: found[0].replace(" ", "").replace(":", "⋮"), text)
    text = _CAMEL.sub(" ", _SEPARATORS.sub(" ", text)).strip()
    text = _SUBSCRIPTS.sub(r"[\1]", _APART.sub(",", _TIGHT.sub(r"\1", text)))
    text = text.replace("⋮", ":")
    return " ".join(_STEP if word == "Delta" else word for word in text.split(" "))


def variants(spelling: str) -> Iterator[str]:
    r"""Other ways to write a name with a layer or an index, where the name itself is not known.

    Indices of mathematics count from 1, those in brackets from 0.

    >>> list(variants("z_{1}^{(2)}"))
    ['z_2_1', 'z_1_2', 'z_2[0]']
    >>> list(variants("w_{12}")), list(variants("x_1"))
    (['w_1_2', 'w[0,1]'], [])
    """
    seen = {spelling}
    for style in (_layer_first, _index_first, _as_element):
        text = _SUBSCRIPTED.sub(style, spelling)
        if text not in seen:
            seen.add(text)
            yield text


def subscripts(text: str) -> Iterator[tuple[str, list[int]]]:
    r"""The bases of a text that have indices below them, and these.

    >>> list(subscripts(r"\frac{\partial L}{\partial Z_{1,2}} = X_{10}"))
    [('Z', [1, 2]), ('X', [1, 0])]
    """
    for found in _SUBSCRIPTED.finditer(text):
        base, layer, indices = _scripts(found)
        yield "_".join(filter(None, [base, layer])), list(map(int, indices))


def without_arguments(spelling: str) -> str:
    r"""``J(\theta)`` as ``J``; "" where nothing is said of what it is a function of.

    >>> without_arguments(r"\nabla_\theta J(\theta)"), without_arguments("J(w_new)")
    ('\\nabla_\\theta J', '')
    """
    found = _FUNCTION.fullmatch(spelling.strip().rstrip("$"))
    return found[1] if found and not _OTHER_PLACE.search(found[2]) else ""


def is_elsewhere(spelling: str) -> bool:
    """Whether it is a function at another place: ``J(w_new)`` is neither J nor w_new.

    >>> is_elsewhere("J(w_new)"), is_elsewhere("w(new)"), is_elsewhere("weights (new)")
    (True, False, False)
    """
    return _ELSEWHERE.search(spelling) is not None


def _scripts(found: re.Match[str]) -> tuple[str, str, list[str]]:
    """Base, layer and indices; two digits without a comma are two indices."""
    index = found["index"] or found["digit"]
    parts = (
        re.split(r"\s*,\s*", index) if "," in index else [*index] if len(index) == 2 else [index]
    )
    return found["base"], found["layer"] or found["after"] or "", parts


def _layer_first(found: re.Match[str]) -> str:
    base, layer, indices = _scripts(found)
    return "_".join([base, *filter(None, [layer]), *indices])


def _index_first(found: re.Match[str]) -> str:
    base, layer, indices = _scripts(found)
    return "_".join([base, *indices, *filter(None, [layer])])


def _as_element(found: re.Match[str]) -> str:
    """As an element of an array, counted from 1; as it is where an index is 0, or the only one."""
    base, layer, indices = _scripts(found)
    places = [int(index) - 1 for index in indices]
    if min(places) < 0 or not (layer or (len(places) == 2 and "{" in found[0])):
        return found[0]
    return "_".join(filter(None, [base, layer])) + f"[{','.join(map(str, places))}]"


def _latin(character: str) -> str:
    """A Greek letter by its name, as LaTeX writes it; anything else as it is."""
    if character.isascii():
        return character
    kind, _, name = unicodedata.name(character, "").partition(" LETTER ")
    if kind == "GREEK SMALL":
        return f" {name.lower()} "
    return f" {name.capitalize()} " if kind == "GREEK CAPITAL" else character


@lru_cache(maxsize=8192)  # the same few names come up again and again
def key(spelling: str) -> str:
    r"""A spelling without what people write in many ways: underscores, spaces, braces, LaTeX.

    >>> key("net_O1"), key("net_{O_1}"), key("γ₁")
    ('netO1', 'netO1', 'gamma1')
    >>> key("w_conv[0,1]"), key(r"w_{\text{conv}}[0][1]")
    ('wconv[0,1]', 'wconv[0,1]')

    An index stays one, since ``H_1`` may be called so and ``H[1]`` is the second of a row.
    """
    return words(spelling).replace(" ", "")


def forms(spelling: str) -> tuple[str, str, str]:
    """A spelling as it stands, in words, and in words without their case: ever more tolerant.

    >>> forms(" dE_dW ")
    ('dE_dW', 'd E d W', 'd e d w')
    """
    text = words(spelling)
    return spelling.strip(), text, text.casefold()


def is_rate(spelling: str) -> bool:
    """Whether a spelling is one of the learning rate.

    >>> is_rate("η"), is_rate("learning rate"), is_rate("w")
    (True, True, False)
    """
    return key(spelling).lower() in _RATES


def is_rate_of_code(name: str) -> bool:
    """The same for a variable of a program, which may be called just ``rate``.

    >>> is_rate_of_code("rate"), is_rate_of_code("learning_rate"), is_rate_of_code("w")
    (True, True, False)
    """
    return is_rate(name) or key(name).lower() == "rate"


def bare(text: str) -> Iterator[str]:
    """What a text can name: itself, and what is left without the words that say what it is.

    >>> list(bare("Initial weights for w 1")), list(bare("H1_output")), list(bare("x"))
    (['Initial weights for w 1', 'w 1'], ['H1_output', 'H1'], ['x'])
    """
    yield text
    leading = _LEADING.match(text)
    rest = text[leading.end() :] if leading else text
    if leading and rest:
        yield rest
    if _TRAILING.search(rest):
        yield _TRAILING.sub("", rest)


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    """Patterns of whole texts, in words or with underscores, whatever the case."""
    return tuple(re.compile(one.replace(" ", "[ _]+"), re.IGNORECASE) for one in patterns)


_OVER = "(?:with respect to|wrt|w r t|by)"
_REST = r"((?: )?[\d\[].*)?"  # a number or an index may follow: x̄₁, w_grad[0]
_KIND = "(?:(?:the|a|partial|total|local|full) )*"
_PAIRS = (
    *_patterns(rf"{_KIND}(?:derivative|gradient|grad|slope) of (.+?) {_OVER} (.+)"),
    *_patterns(r"(\w+)' ?\[?(.+?)\]?"),
)
_GRADIENTS = _patterns(
    rf"(?:grad|gradient)s?(?: (?:of|for|at|in|{_OVER}))? (.+)",
    rf"(.+?) grad(?:ient)?{_REST}",
    r"(?:nabla|bar) (.+)",
    rf"(.+?) bar{_REST}",
)
# Only δ is the error of a neuron: Δ is a step.
_DELTAS = _patterns(r"(?-i:delta)(?:(?: (?:of|for))? |(?=\d))(.+)", rf"(.+?) (?-i:delta){_REST}")
_UPDATED = _patterns(
    r"after (?:the |an? |one |this |first )*(?:update|step|iteration)s?,? (.+)",
    r"(?:updated|new) (.+)",
    rf"(.+?) (?:updated|new|after (?:the |one )?(?:update|step)){_REST}",
)
_STEPS = _patterns(rf"(?-i:Delta|{_STEP}) (.+)")


def derivatives(text: str) -> Iterator[tuple[str, str]]:
    """The ways to read a text as the derivative of one thing with respect to another.

    >>> list(derivatives("dE/dw")), list(derivatives("dadbdc"))
    ([('E', 'w')], [('a', 'bdc'), ('adb', 'c')])
    >>> list(derivatives("partial derivative of E1 with respect to O1"))
    [('E1', 'O1')]
    """
    if text.startswith(("d", "∂")):
        places = [place for place in range(2, len(text) - 1) if text[place] in "d∂"]
        slashed = [place for place in places if text[place - 1] == "/"]
        for place in slashed or places:  # with a slash, only there
            yield text[1:place].removesuffix("/"), text[place + 1 :]
    for pattern in _PAIRS:
        if found := pattern.fullmatch(text):
            yield found[1], found[2]
    if text.startswith("nabla "):
        rest = text.removeprefix("nabla ")
        for place, character in enumerate(rest):  # ∇_w E
            if character == " ":
                yield rest[place:], rest[:place]


def gradients(text: str) -> Iterator[str]:
    """What a text can be the derivative with respect to, where it does not say of what.

    >>> [*gradients("grad_w"), *gradients("w bar 1"), *gradients("dw"), *gradients("grade")]
    ['w', 'w 1', 'w']
    """
    if text.startswith(("d", "∂")):
        yield text[1:]
    yield from _inside(_GRADIENTS, text)


def deltas(text: str) -> Iterator[str]:
    """The neuron whose error δ a text can be.

    >>> [*deltas("delta_o"), *deltas("output delta"), *deltas("Delta w")]
    ['o', 'output']
    """
    return _inside(_DELTAS, text)


def updated(text: str) -> Iterator[str]:
    """The weight that a text can be the new value of.

    >>> [*updated("Updated weight w_9"), *updated("w_new[0]"), *updated("w after the update")]
    ['weight w_9', 'w[0]', 'w']
    """
    return _inside(_UPDATED, text)


def steps(text: str) -> Iterator[str]:
    """The weight whose change Δ a text can be.

    >>> [*steps("Delta_w"), *steps(words("Δw"))]
    ['w', 'w']
    """
    return _inside(_STEPS, text)


def _inside(patterns: tuple[re.Pattern[str], ...], text: str) -> Iterator[str]:
    for pattern in patterns:
        if found := pattern.fullmatch(text):
            yield "".join(filter(None, found.groups()))
