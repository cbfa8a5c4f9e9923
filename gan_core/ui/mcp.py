"""Whether agents may call the endpoints of api.py: the MCP server that Gradio brings, where somebody asked for it and its package is there."""

import importlib.util
import os

from gan_core.errors import StudioError

VARIABLE = "GRADIO_MCP_SERVER"
COMMAND = 'pip install "gradio[mcp]"'


def wanted(flag: bool = False) -> bool:
    """Whether to serve MCP: `--mcp`, or GRADIO_MCP_SERVER=true. Raises StudioError where the package that it needs is missing."""
    if not flag and os.environ.get(VARIABLE, "").lower() != "true":
        return False
    if importlib.util.find_spec("mcp") is None:
        raise StudioError("app.mcp", "Serving agents (MCP) takes one more package: {command}", command=COMMAND)
    return True
