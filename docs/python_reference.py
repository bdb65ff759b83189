"""Write docs/python.md from the docstrings: ``python docs/python_reference.py``. A name without one is an error."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import sys
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import simfunnel
from simfunnel.planning.compare.compare import Comparison
from simfunnel.planning.levers.levers import Levers
from simfunnel.planning.plan.leads_needed import Plan
from simfunnel.planning.stress.stress import Stress

PAGE = Path(__file__).with_name("python.md")
RESULTS = (
    simfunnel.Forecast,
    Plan,
    Levers,
    Stress,
    Comparison,
    simfunnel.Calibration,
    simfunnel.Metrics,
    simfunnel.Backtest,
    simfunnel.Track,
    simfunnel.Health,
)
HEAD = """\
# Python

Every public name, from its docstring. `import simfunnel` loads nothing heavy: a name is imported when it is first
used. Money is in major units of the scenario's currency unless said otherwise. A period is given by label, position, or
`total`; a group is a pair such as `("owner", "Wang Wei")`. What cannot be used raises `InputError`, with every problem.
"""


def reference() -> str:
    """The page."""
    parts = [HEAD, "## Functions\n"]
    public = {name: getattr(simfunnel, name) for name in simfunnel.__all__}
    for name, thing in public.items():
        if inspect.isfunction(thing):
            parts.append(f"### `{name}`\n\n```python\n{name}{_signature(thing)}\n```\n\n{_text(name, thing)}\n")
    parts.append("## Results\n")
    for result in RESULTS:
        parts.append(f"### `{result.__name__}`\n\n{_text(result.__name__, result)}\n")
        parts += [f"- `{name}`: {_line(f'{result.__name__}.{name}', text)}" for name, text in _members(result)]
        parts.append("")
    parts.append("## Other names\n")
    for name, thing in public.items():
        if not inspect.isfunction(thing) and thing not in RESULTS:
            text = "The version, as text." if name == "__version__" else inspect.getdoc(thing)
            parts.append(f"- `{name}`: {_line(name, text)}")
    return "\n".join(parts) + "\n"


def _signature(function: Any) -> str:
    parameters = list(inspect.signature(function).parameters.values())
    shown = [str(p.replace(annotation=inspect.Parameter.empty)) for p in parameters]
    first_keyword = next((i for i, p in enumerate(parameters) if p.kind is p.KEYWORD_ONLY), len(shown))
    if first_keyword < len(shown) and not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        shown.insert(first_keyword, "*")
    return "(" + "".join(f"\n    {name}," for name in shown).replace("'", '"') + "\n)"


def _text(name: str, thing: Any) -> str:
    text = inspect.getdoc(thing)
    if not text:
        raise LookupError(f"{name} has no docstring")
    return text if inspect.isclass(thing) else f"```text\n{text}\n```"


def _line(name: str, text: str | None) -> str:
    if not text:
        raise LookupError(f"{name} has no docstring")
    return " ".join(text.split("\n\n")[0].split())


def _members(result: type) -> Iterator[tuple[str, str | None]]:
    """Public fields, properties and methods, with what is said of them."""
    below = _fields_of(result)
    for field in dataclasses.fields(result):
        yield field.name, below.get(field.name)
    for name in sorted(set(dir(result)) - {f.name for f in dataclasses.fields(result)}):
        member = inspect.getattr_static(result, name)
        if name.startswith("_"):
            continue
        if isinstance(member, property):
            yield name, inspect.getdoc(member.fget)
        elif isinstance(member, cached_property):
            yield name, inspect.getdoc(member.func)
        else:
            yield f"{name}()", inspect.getdoc(getattr(result, name))


def _fields_of(result: type) -> dict[str, str]:
    """Field -> the string that stands below it in the source."""
    module = ast.parse(inspect.getsource(sys.modules[result.__module__]))
    node = next(n for n in module.body if isinstance(n, ast.ClassDef) and n.name == result.__name__)
    found = {}
    for field, below in pairwise(node.body):
        match field, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = text
    return found


if __name__ == "__main__":
    PAGE.write_text(reference(), "utf-8")
