"""Views of a report: in a terminal, as JSON, Markdown and HTML, as hints, and as a picture."""
