"""What a picture says: its nodes and edges in DOT, and its text when it is rendered."""

import re
from xml.etree import ElementTree

from autograd_lite.draw.picture import to_svg

SVG = "{http://www.w3.org/2000/svg}"


def attributes(line: str) -> dict[str, str]:
    return {
        key: (quoted or plain).replace('\\"', '"')
        for key, quoted, plain in re.findall(r'(\w+)=(?:"((?:\\.|[^"\\])*)"|([^\s\]]+))', line)
    }


def nodes(source: str) -> dict[str, dict[str, str]]:
    """The nodes by their id, without the legend and what is written below."""
    found = re.findall(r"^\s*(n\d+) (\[.*\])$", source, re.MULTILINE)
    return {key: attributes(rest) for key, rest in found}


def edges(source: str) -> list[tuple[str, str, dict[str, str]]]:
    """The edges, by what the nodes at their ends are called."""
    names = {key: look["label"].split(" = ")[0] for key, look in nodes(source).items()}
    found = re.findall(r"^\s*(n\d+) -> (n\d+) (\[.*\])$", source, re.MULTILINE)
    return [(names[tail], names[head], attributes(rest)) for tail, head, rest in found]


def by_name(source: str) -> dict[str, dict[str, str]]:
    return {look["label"].split(" = ")[0]: look for look in nodes(source).values()}


def texts(source: str) -> list[str]:
    """Every line of text in the rendered picture."""
    tree = ElementTree.fromstring(to_svg(source))
    return [(one.text or "").replace("\u00a0", " ") for one in tree.iter(f"{SVG}text")]
