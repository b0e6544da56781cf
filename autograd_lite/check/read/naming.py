r"""What a line calls a quantity: a symbol, a phrase, or both.

``Error for O1 = $E_1$ = 0.4568`` gives two names to one number. ``Updated weight, $w_9$ = 0.7607``
gives one: the number is not that of w_9. Nothing is looked up here; the names are as they are
written, the best one first.
"""

import re
from collections.abc import Sequence

_MOST_WORDS = 12
_BARE_SYMBOL = re.compile(r"[^\W\d]|\S*[\d_\\]\S*")
# One name: a letter, a word or a command, with subscripts, layers, primes and an index.
_GROUP = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_SCRIPT = rf"""
    (?: ['′] | \s*_\s*(?: {_GROUP} | \\[A-Za-z]+(?:\s*{_GROUP})? | \w+ )
      | \^(?: {_GROUP} | [*+] | [A-Za-z0-9] | \\[A-Za-z]+ )
      | \[[^\[\]]*\] | [\u0300-\u036f₀-₉⁺] | \# | \.\w+ )"""
_COMMAND = r"\\(?!(?:[dt]?frac|cdot|times|sum|prod|sqrt)(?![A-Za-z]))[A-Za-z]+"
_ATOM = rf"(?: {_COMMAND}\s*{_GROUP} | {_COMMAND} | [^\W\d]\w* ){_SCRIPT}*"
_OF = r"(?:\s*\((?:[^()=+*/]|\([^()]*\))*\))?"
_D = r"(?: \\partial | \\(?:mathrm|text)\s*\{d\} | \\delta | \\Delta | [d∂δ] )"
_SINGLE = re.compile(
    rf"""
      \\[dt]?frac\s*\{{ \s*{_D}(?:[^{{}}]|{_GROUP})* \}}\s*\{{ \s*{_D}(?:[^{{}}]|{_GROUP})* \}}
    | {_D}\s*{_ATOM}{_OF} \s*/\s* {_D}\s*{_ATOM}
    | (?: \\(?:nabla|Delta|delta) | [∇Δδ∆] )(?: _(?:{_GROUP}|\w+) )?\s*{_ATOM}
    | {_ATOM}(?: \s+(?:updated|new|old) )?
    | (?: grad|gradient|updated|new )\s+{_ATOM}
    """,
    re.VERBOSE,
)
_START = re.compile(r"[^\W\d]|\\[A-Za-z]|[∂∇{]")
_NO_NAME = re.compile(
    r"""[<>=?!;"@%~·×]|[*+|](?!\})|\s[-−]\s|[\[(]'|://|\[(?![-\d\s,:]*\])[^\]]*:|#(?!\d)"""
)
_SCRIPTS = re.compile(r"[_^]\s*\{[^{}]*\}|\^[+*](?=\s*$)")
_STEP = re.compile(r"[\^_]\s*\{?\s*\(?\s*[tkn]\s*\+\s*1\s*\)?\s*\}?|\([tkn]\s*\+\s*1\)")
_KEYWORD = re.compile(
    r"(?:return|if|elif|assert|import|from|for|while|with|del|raise|yield|lambda|print|def|class)\b"
    r"|self\.|(?:In|Out)\s?\["
)
_STARRED = re.compile(r"[^*]*\w\*")  # w* is not w
_NO_QUANTITY = re.compile(
    r"(?:.*\b)?(?:version|page|date|time|year|chapter|section|figure|fig|table|exercise|question|seed|step"
    r"|student|id|number|no|part|case|example|equation|eq|line|epoch|iteration|lecture|homework|note|accuracy|accuracie|score|grade|point)s?\.?\s*\d*",
    re.IGNORECASE,
)
_DERIVATIVE = re.compile(
    r"partial|[∂∇Δδ]|nabla|grad|delta|deriv|(?<![A-Za-z])d\w*/d|^d[A-Za-z]\w*_?d[A-Za-z]|^d_?[wb]"
    r"|frac\s*\{\s*(?:\\mathrm\{d\}|d)",
    re.IGNORECASE,
)
_UPDATED = re.compile(r"\b(?:updated|new)\b|\bafter (?:the |one |this )?(?:update|step)", re.I)
_GRADIENT = re.compile(
    r"\b(?:gradients?(?!\s+(?:descent|step|check))|grads?|derivatives?|slopes?)\b", re.IGNORECASE
)
_GIVEN = re.compile(r"\b(?:using|with|from|by|given)\b[^,:]*\b(?:updated|new)\b", re.IGNORECASE)

# Words that lead to a name, and say nothing of it.
_VERBS = (
    "get have find obtain compute calculate see know write define let set take note use choose call"
)
_ADVERBS = (
    "suppose assume say here recall remember finally first firstly second secondly third next "
    "again similarly likewise consequently accordingly moreover furthermore together obviously "
    "clearly indeed numerically so and or then therefore thus hence with where since because now "
    "also namely using given solution answer result check verify e.g. i.e. ie eg"
)
_PHRASES = (
    "for example",
    "in total",
    "in other words",
    "the result is",
    "the answer is",
    "because of this",
    "from this",
    "as a result",
    "by the chain rule",
    "chain rule",
    "that is",
)


def _any(words: str, *phrases: str) -> str:
    return "|".join(map(re.escape, sorted([*words.split(), *phrases], key=len, reverse=True)))


_LEAD = re.compile(
    rf"""
    (?: (?:we|one|you|i|it|this|that|which|these|they|he|she)\b\s*
        (?: (?:then|now|can|also|thus|therefore|will|may|must|already|finally|simply|just)\s+ )*
        (?: (?:{_any(_VERBS)}|give|yield|follow|is|are|mean|imply|equal|lead)(?:s|es)? )?
        \s*(?:that|us|to|as|for)?(?!\w)
      | (?: {_any(f"{_VERBS} {_ADVERBS}", *_PHRASES).replace(chr(92) + " ", "[ ]")} )(?!\w)
    )
    [\s,:.]*(?:that\b\s*)?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_UP_TO = re.compile(r".*(?:\b(?:is|are|namely|called)\s+|[,:]\s+|—\s*)(?=\S+$)", re.IGNORECASE)
# What makes another quantity of the symbol after it, or is about another one than it.
_ABOUT = re.compile(
    r"\b(?:of|for|by|wrt|to|in|at|on|from|per|over|than|between|error|loss|change|delta|step|difference|sum|mean|"
    r"minus|plus|times|old|previous|next|half|twice|square|squared|negative|inverse|rate|norm|max|min|number|without)\b",
    re.IGNORECASE,
)
# Of which the symbol at its end is only what it is taken of: the norm of $w$.
_TAKEN_OF = re.compile(
    r"\b(?:(?:column|row|element|entr(?:y|ie)|component|part|half|diagonal|square|cube|root|logarithm|log|norm|sum"
    r"|total|mean|average|variance|maximum|minimum|max|min|length|size|number|dimension|shape|rank|trace"
    r"|transpose|inverse|determinant|sign|magnitude|exponential|sigmoid|tanh|relu|softmax)s?)\s+(?:of|in)\s*$",
    re.IGNORECASE,
)
# The things that a function is of, as in f(x, y).
_ARGUMENTS = re.compile(r"(?<=\w)\([^()]*\)")
_SLICE = re.compile(r"(?<=\w)\[[-\d\s,:]*\]")
# The loss L is L, where the error o1 is that of o1.
_LOSS = re.compile(r"\b(?:loss|error|cost|objective)\s+$", re.IGNORECASE)
_LOSS_SYMBOL = re.compile(r"[LEJ](?:_?\w+)?")
_SYMBOL = re.compile(
    r"[^\W\d](?:\w*[\d_']\w*|\w{0,2})(?:\[[\d, ]+\]|(?<=['′])\([^()]{1,20}\))?"
    r"|\\?\S*[\\∂_^/]\S*|\w+\[[\d, ]+\]"
)


def plain(text: str) -> str:
    """A piece of a line without what only sets it off: dollars, emphasis, punctuation.

    >>> plain(" **Error for $O_1$**,")
    'Error for O_1'
    """
    text = text.replace("$", " ").replace("**", " ").replace("`", " ").strip(" \t,;:#")
    return " ".join((text if _STARRED.fullmatch(text) else text.strip(" *\t,;:#")).split())


def names_of(subject: str, labels: Sequence[str] = (), formula: str = "") -> tuple[str, ...]:
    r"""What a quantity is called, by a line and by what is said above it; () for what is no name.

    A symbol names it best, unless a phrase says that this is not the thing itself: an updated
    weight is not the weight, nor is what a ``formula`` computes from its old value.

    >>> names_of("Updated weight, $w_{9}$"), names_of("therefore we get $w$")
    (('Updated weight w_{9}',), ('w',))
    >>> names_of("the error is E"), names_of("$w_1$", ["gradient"])
    (('E', 'the error is E'), ('gradient w_1', 'gradient'))
    >>> names_of("the loss is low because 3 < 4")
    ()
    """
    subject = _ARGUMENTS.sub(lambda found: found[0].replace(" ", ""), subject)
    subject = _SLICE.sub(lambda found: found[0].replace(" ", ""), subject)
    phrase, symbol = _phrase_and_symbol(_ARTICLE.sub("", _ASIDE.sub("", subject)))
    if _BARE_SYMBOL.fullmatch(phrase) and "$" not in subject:
        return ()  # "a, b = 0.1" says nothing of either
    if _TAKEN_OF.search(phrase):
        return ()
    lead = _without_lead(phrase or symbol)
    if not phrase:
        symbol = lead
    if not _is_name(symbol) or (phrase and _NO_NAME.search(phrase) and not _UPDATED.search(phrase)):
        return () if not _is_name(symbol) else (symbol,)
    around = [*map(plain, labels), phrase]
    qualifier = next((text for text in around if text and _qualifies(text, symbol)), "")
    if not qualifier and _occurs(symbol, formula):
        qualifier = "updated"
    if qualifier:
        whole = [] if _UPDATED.search(qualifier) or qualifier == phrase else [qualifier]
        return (f"{qualifier} {symbol}", *whole)
    found = [symbol]
    if " " in symbol and not is_single_name(symbol):
        found = [*_last_symbol(symbol), symbol]
    elif phrase and lead:
        found += [lead, f"{lead} {symbol}"] if _START.match(lead) else []
    return tuple(dict.fromkeys(one for one in found if len(one.split()) <= _MOST_WORDS))


def _phrase_and_symbol(subject: str) -> tuple[str, str]:
    """Two halves of ``Updated weight, $w_9$``; the first is empty where there is only a name."""
    inner = subject.rstrip(" .,:")
    if inner.endswith("$") and "$" in inner.rstrip("$"):
        before, symbol = inner.rstrip("$").rsplit("$", 1)
        return plain(before), plain(symbol)
    cut = max(subject.rfind(", "), subject.rfind(". "), subject.rfind(": "))
    before, symbol = (subject[:cut], subject[cut + 1 :]) if cut > 0 else ("", subject)
    return plain(before), plain(symbol)


def _without_lead(text: str) -> str:
    """A phrase without the words that only lead to it."""
    while (lead := _LEAD.match(text)) and lead.end() and lead.end() < len(text):
        text = text[lead.end() :]
    return "" if _LEAD.fullmatch(text) and len(text) > 2 else text


# An aside after a name says nothing of it, but for whether it is the new one.
_ASIDE = re.compile(
    r"\s+[(\[](?!\s*(?:new|old|after|updated))[A-Za-z][^()\[\]=]*\s[^()\[\]=]*[)\]]$"
)
_ARTICLE = re.compile(r"^(?:the|our|an?)\s+(?=(?:updated|new)\b)", re.IGNORECASE)
_MATHEMATICAL = re.compile(r"[\\{}^/]|\w_")


_SLOPE = re.compile(r"['′]\(")


def _last_symbol(phrase: str) -> list[str]:
    """The symbol at the end of a phrase that is about it, as in ``the error is E``."""
    symbol = phrase.rsplit(maxsplit=1)[-1]
    before = phrase[: -len(symbol)]
    if _MATHEMATICAL.search(before):
        return []
    if _SLOPE.search(symbol):  # its derivative is f'(x)
        return [symbol] if _SYMBOL.fullmatch(symbol) else []
    after_is = _UP_TO.match(phrase) and not _GRADIENT.search(before)
    if not _SYMBOL.fullmatch(symbol) or _UPDATED.search(before):
        return []
    if is_derivative(symbol) and not is_derivative(before.replace("derivative", "")):
        return [symbol] if after_is or not re.search(r"\b(?:of|wrt|respect|by)\b", before) else []
    if _LOSS.search(before) and _LOSS_SYMBOL.fullmatch(symbol):
        return [symbol]
    is_about = _ABOUT.search(before) or _GRADIENT.search(before)
    return [symbol] if after_is or not is_about else []


def is_derivative(name: str) -> bool:
    r"""Whether a name is that of a derivative, a gradient or a change.

    >>> is_derivative("dE1_dO1"), is_derivative(r"\Delta w"), is_derivative("O1")
    (True, True, False)
    """
    return _DERIVATIVE.search(name) is not None


def _qualifies(phrase: str, symbol: str) -> bool:
    """Whether a phrase makes another quantity of a symbol."""
    if is_derivative(symbol) or _SLOPE.search(symbol) or _GIVEN.search(phrase):
        return False
    return any(kind.search(phrase) and not kind.search(symbol) for kind in (_UPDATED, _GRADIENT))


def _occurs(symbol: str, formula: str) -> bool:
    return not is_derivative(symbol) and bool(
        re.search(rf"(?<![\w{{]){re.escape(symbol)}(?!\w)", formula)
    )


def _is_name(text: str) -> bool:
    return (
        bool(text)
        and len(text.split()) <= _MOST_WORDS
        and _START.match(text) is not None
        and not (
            _NO_NAME.search(_SCRIPTS.sub("", _STEP.sub("", text)))
            or _KEYWORD.match(text)
            or _NO_QUANTITY.fullmatch(text)
        )
        and all(text.count(left) == text.count(right) for left, right in ("()", "[]", "{}"))
    )


def is_single_name(text: str) -> bool:
    r"""Whether a text is one name or derivative, with no words around it.

    >>> is_single_name(r"\frac{\partial E}{\partial w_9}"), is_single_name("dE / dw_9")
    (True, True)
    >>> is_single_name("the error"), is_single_name(r"\sigma(x)"), is_single_name("a b")
    (False, False, False)
    """
    name = plain(text)
    return _SINGLE.fullmatch(name) is not None and _is_name(name)
