"""The report as a browser shows it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simfunnel.report.html.report import report_html

from ..html_scenario import material, scenario


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report with a long table that can be searched."""
    data = scenario()
    deals = data["pipeline"]["opportunities"]
    for i in range(len(deals), 60):
        own = {"id": f"id-{i:03d}", "name": f"Contract {i}", "amount": 1000 + 10 * i, "age": 300}
        deals.append(deals[i % 20] | own)
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(report_html(material(data)), "utf-8")
    return path


@pytest.fixture
def tab(chromium: Any, file: Path) -> Iterator[Any]:
    """The report, opened; what the browser complains of, or asks for, is collected."""
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    page.told = []
    page.on("console", lambda message: page.told.append(message.text))
    page.on("pageerror", lambda error: page.told.append(str(error)))
    page.on("dialog", lambda dialog: page.told.append(dialog.message))
    page.on("request", lambda request: page.told.append(request.url) if request.url != file.as_uri() else None)
    page.goto(file.as_uri())
    yield page
    page.close()


def names(tab: Any, table: Any) -> list[str]:
    """First cells of the rows that are seen."""
    return [str(row.locator("th").inner_text()) for row in table.locator("tbody tr").all() if row.is_visible()]


def test_nothing_is_complained_of_and_nothing_is_asked_for(tab: Any) -> None:
    assert tab.told == []
    assert tab.locator("main > section").count() == 8
    assert tab.title() == "plots"


def doubtful(tab: Any) -> Any:
    return tab.locator("table", has=tab.locator("caption", has_text="Doubtful deals"))


def test_a_table_is_sorted_by_numbers_and_by_text_and_by_keyboard(tab: Any) -> None:
    table = doubtful(tab)
    button = table.get_by_role("button", name="Worth if won")
    button.focus()
    tab.keyboard.press("Enter")
    values = [float(cell.get_attribute("data-order")) for cell in table.locator("tbody td:nth-child(4)").all()]
    assert values == sorted(values, reverse=True)
    assert len(set(values)) > 10
    assert table.locator("thead th").nth(3).get_attribute("aria-sort") == "descending"
    tab.keyboard.press("Space")
    again = [float(cell.get_attribute("data-order")) for cell in table.locator("tbody td:nth-child(4)").all()]
    assert again == values[::-1]
    table.get_by_role("button", name="Deal").click()
    shown = names(tab, table)
    assert shown == sorted(shown, key=lambda name: int(name.split()[1]))
    assert tab.told == []


def test_a_table_is_searched(tab: Any) -> None:
    table = doubtful(tab)
    field = tab.locator(f"input[data-table={table.get_attribute('id')}]")
    every = names(tab, table)
    field.fill("CONTRACT 4")
    found = names(tab, table)
    assert found == [name for name in every if name.startswith("Contract 4")]
    assert 0 < len(found) < len(every)
    assert tab.locator(f"#{field.get_attribute('data-told')}").inner_text() == f"rows shown: {len(found)}"
    field.fill("")
    assert names(tab, table) == every


def test_contents_lead_to_the_sections_and_owners_to_their_pages(tab: Any) -> None:
    tab.get_by_role("link", name="How far it can be trusted").click()
    assert tab.evaluate("location.hash") == "#trust"
    tab.get_by_role("link", name="Ann Ash").first.click()
    assert tab.evaluate("document.querySelector(location.hash).textContent") == "Ann Ash"


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (390, "light"),
        (1100, "dark"),
        pytest.param(390, "dark", marks=pytest.mark.slow),
        pytest.param(1100, "light", marks=pytest.mark.slow),
    ],
)
def test_nobody_is_kept_out(chromium: Any, file: Path, axe: str, width: int, scheme: str) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    page.goto(file.as_uri())
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.add_script_tag(content=axe)
    found = page.evaluate("axe.run()")
    serious = [
        (one["id"], node["html"][:200])
        for one in found["violations"] if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]  # fmt: skip
    assert serious == []
    assert len(found["passes"]) > 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_it_prints(tab: Any, tmp_path: Path) -> None:
    tab.pdf(path=tmp_path / "report.pdf", format="A4")
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert 5 < content.count(b"/Type /Page\n") + content.count(b"/Type /Page/") + content.count(b"/Type /Page ") < 40


def test_heads_of_tables_stand_on_every_page_of_paper(tab: Any, tmp_path: Path) -> None:
    table = doubtful(tab)
    tab.emulate_media(media="print")
    assert table.locator("thead button").first.evaluate("it => getComputedStyle(it).display") == "contents"
    tab.evaluate("for (const cell of document.querySelectorAll('tbody th')) cell.append(' and a long name'.repeat(12))")
    tab.pdf(path=tmp_path / "report.pdf", format="A4")
    if (reader := shutil.which("pdftotext")) is None:
        return
    made = tmp_path / "report.pdf"
    columns, cells = (
        subprocess.run([reader, *how, made, "-"], capture_output=True, text=True, check=True).stdout.split("\f")
        for how in (["-layout"], [])
    )  # cells are read one by one: what stands in one is not mixed with its neighbours
    pages = [
        page
        for page, inside in zip(columns, cells, strict=True)
        if "won within the periods." in " ".join(inside.split())
    ]
    assert len(pages) > 5
    assert [page for page in pages if not re.search("Deal +Owner +Stage", page)] == []


def test_on_paper_the_reasons_have_most_of_the_room(tab: Any) -> None:
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 688, "height": 900})  # A4 without its margins
    cells = doubtful(tab).locator("tbody tr").first.locator("th, td").all()
    widths = [cell.evaluate("it => it.offsetWidth") for cell in cells]
    assert widths[-1] > 0.35 * sum(widths)
    assert widths[-1] > 2 * max(widths[:-1])


def test_what_is_wider_than_the_screen_says_so(chromium: Any, file: Path) -> None:
    page = chromium.new_page(viewport={"width": 390, "height": 900})
    page.goto(file.as_uri())
    wider = "[...document.querySelectorAll('.wide')].filter(it => it.scrollWidth > it.clientWidth + 1)"
    told = "getComputedStyle(it, '::before').content.includes('Wider than the screen')"
    assert page.evaluate(f"{wider}.length") > 5
    assert page.evaluate(f"{wider}.filter(it => !({told})).length") == 0
    page.set_viewport_size({"width": 1100, "height": 900})
    page.wait_for_function(f"[...document.querySelectorAll('figure > .wide')].every(it => !({told}))")
    page.close()
