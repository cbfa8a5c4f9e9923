"""What can be done with the picture in Explore: TOOLS names every tool, one file each, like the tabs.

`build(studio)` puts the tool's panel on the page; `static/<tool>.js` calls `studio.tool(…)`, which moves it to its place
beside or below the picture (see static/tools.js).
"""

TOOLS = {
    "sliders": "gan_core.ui.tools.sliders:build",
    "children": "gan_core.ui.tools.children:build",
    "map": "gan_core.ui.tools.map:build",
    "mix": "gan_core.ui.tools.mix:build",
    "photo": "gan_core.ui.tools.photo:build",
    "compare": "gan_core.ui.tools.compare:build",
    "history": "gan_core.ui.tools.history:build",
}
