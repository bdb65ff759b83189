"""How the site is built: ``python -m sphinx -W docs FOLDER``, without network; its pages load nothing either."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parent)]

import simfunnel

project = "simfunnel"
author = "The simfunnel developers"
release = version = simfunnel.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "sphinx_click",
    "site_parts.mathml",
    "site_parts.scenario_keys",
    "site_parts.self_contained",
]
exclude_patterns = ["examples", "site_parts"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

default_role = "literal"
smartquotes = False  # two hyphens begin an option
autodoc_typehints = "none"
autodoc_member_order = "bysource"
autoclass_content = "class"
numpydoc_show_class_members = False
numpydoc_xref_param_type = False

html_theme = "furo"
html_title = f"simfunnel {release}"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
html_static_path = ["site_parts/static"]
html_css_files = ["site.css"]
pygments_style = "friendly"
