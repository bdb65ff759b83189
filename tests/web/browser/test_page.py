"""The page as a browser shows it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest

from simfunnel.forecast import simulate
from simfunnel.scenario.shifts import Shift
from simfunnel.web.files import Source

from ..conftest import DEALS, SCENARIO, TOKEN, Served

RESTED = "body[data-state=rested]"


class Tab:
    """An open page; what the browser complains of, asks for and is answered is collected."""

    def __init__(self, chromium: Any, served: Served, *, hash: str = "", language: str = "", **options: Any) -> None:
        self.context = chromium.new_context(**{"viewport": {"width": 1200, "height": 900}, **options})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.asked: list[str] = []
        self.answers: list[Any] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("response", self._keep)
        self.origin = f"http://127.0.0.1:{served.port}"
        more = f"&language={language}" if language else ""
        self.page.goto(f"{self.origin}/?token={TOKEN}{more}{hash}")
        self.rests()

    def _keep(self, response: Any) -> None:
        if response.url.endswith("/api/answer") and response.ok:
            self.answers.append(response)

    def rests(self) -> None:
        """Wait until the answer is refined and nothing more is asked."""
        self.page.locator(RESTED).wait_for(timeout=150_000)  # kernels may have to be compiled

    def changes(self) -> list[str]:
        """The list of changes, as it is read."""
        return [str(row.locator("bdi").inner_text()) for row in self.page.locator("#changes li").all()]

    def press(self, selector: str, *keys: str) -> None:
        """Press keys on something."""
        for key in keys:
            self.page.locator(selector).press(key)

    def state(self) -> dict[str, Any]:
        """The state that the link carries."""
        found: dict[str, Any] = json.loads(unquote(self.page.url.partition("#state=")[2].replace("+", " ")) or "{}")
        return found

    def said(self) -> str:
        """The sentence."""
        return str(self.page.locator("#sentence").inner_text())


@pytest.fixture
def tab(chromium: Any, served: Served) -> Iterator[Tab]:
    opened = Tab(chromium, served)
    yield opened
    opened.context.close()


def test_nothing_is_complained_of_and_nothing_is_asked_for_elsewhere(tab: Tab) -> None:
    tab.press("#slider-0", "ArrowRight", "ArrowRight")
    tab.rests()
    assert tab.complaints == []
    assert all(url.startswith((tab.origin + "/", "data:,")) for url in tab.asked)
    assert tab.page.title() == "Small"


def test_a_slider_by_keys_gives_the_number_of_the_library(tab: Tab, folder: Path) -> None:
    before = tab.said()
    tab.press("#slider-0", "ArrowRight", "ArrowRight")
    tab.page.locator("#changes li").wait_for()
    tab.rests()
    assert tab.changes() == ["win rate x 1.1"] and tab.said() != before
    told = tab.answers[-1].json()
    shift = Shift.model_validate({"path": "win_rate", "scale": 1.1})
    own = simulate(folder / "small.yaml", trials=100_000, shifts=[shift])
    assert told["what_if"]["p_attain"] == own.p_attain(period="2027-Q1").probability
    assert told["what_if"]["mean"] == own.mean("2027-Q1")
    assert told["shown"]["sentence"] == tab.said()
    assert "--trials 100000" in tab.page.locator("#command").inner_text()


def test_a_slider_by_mouse_is_answered_while_it_moves(tab: Tab) -> None:
    box = tab.page.locator("#slider-1").bounding_box()
    tab.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tab.page.mouse.down()
    seen = len(tab.answers)
    for i in range(6):
        tab.page.mouse.move(box["x"] + box["width"] * (0.5 + 0.05 * i), box["y"] + box["height"] / 2)
        tab.page.wait_for_timeout(120)
    assert len(tab.answers) > seen  # the hand is still on it
    tab.page.mouse.up()
    tab.rests()
    assert re.fullmatch(r"lead rate x 1\.\d+", tab.changes()[0])
    tab.page.locator("#undo").click()  # one move of the hand is one step
    tab.rests()
    assert tab.changes() == []


def test_undo_redo_by_buttons_and_keys(tab: Tab) -> None:
    tab.press("#slider-0", "ArrowRight")
    tab.press("#slider-1", "ArrowLeft")
    tab.rests()
    both = tab.changes()
    assert len(both) == 2
    tab.page.locator("h1").click()
    tab.page.keyboard.press("Control+z")
    tab.rests()
    assert tab.changes() == both[:1]
    assert tab.page.locator("#slider-1").input_value() == "1"
    tab.page.keyboard.press("Control+Shift+z")
    tab.rests()
    assert tab.changes() == both
    tab.page.keyboard.press("Control+z")
    tab.page.keyboard.press("Control+y")
    tab.rests()
    assert tab.changes() == both
    tab.page.locator("#reset").click()
    tab.rests()
    assert tab.changes() == [] and tab.page.locator("#reset").is_disabled()
    tab.page.locator("#undo").click()
    tab.rests()
    assert tab.changes() == both


def test_a_link_carries_the_state(tab: Tab, chromium: Any, served: Served) -> None:
    tab.press("#slider-0", "ArrowRight")
    tab.page.locator("#confidence-number").fill("65")
    tab.press("#confidence-number", "Tab")
    tab.page.locator("#period").select_option("total")
    tab.page.locator("#target").fill("1.2k")
    tab.page.locator("#target").press("Tab")
    tab.rests()
    assert tab.state() == {"shifts": [{"path": "win_rate", "scale": 1.05}], "confidence": "65%", "period": "total",
                           "target": 1200}  # fmt: skip
    assert tab.changes() == ["Period: All periods together", "Target: 1,200", "Confidence: 65\N{NO-BREAK SPACE}%",
                             "win rate x 1.05"]  # fmt: skip
    other = Tab(chromium, served, hash="#" + tab.page.url.partition("#")[2])
    assert (other.said(), other.changes()) == (tab.said(), tab.changes())
    assert other.page.locator("#confidence-number").input_value() == "65"
    other.context.close()


def test_deals_are_won_lost_left_out_postponed_and_priced_by_click(tab: Tab) -> None:
    rows = tab.page.locator("#rows tbody tr")
    assert rows.count() == 3 and "<b>Bell</b>" in rows.nth(1).inner_text()
    rows.nth(0).get_by_role("button", name="lost").click()
    rows.nth(1).locator("input[type=date]").fill("2027-05-01")
    rows.nth(1).locator("input[type=date]").press("Tab")
    rows.nth(2).locator("input[type=number]").fill("4000")
    rows.nth(2).locator("input[type=number]").press("Tab")
    tab.rests()
    assert tab.changes() == ["Acme is lost", "<b>Bell</b> not won before 2027-05-01", "Chord brings 4,000"]
    assert tab.state()["shifts"][2] == {"path": 'amount[deal="C,\\"1]"]', "set": 4000}
    rows.nth(0).get_by_role("button", name="won").click()
    tab.rests()
    assert tab.changes()[-1] == "Acme is won" and len(tab.changes()) == 3
    rows.nth(0).get_by_role("button", name="won").click()
    tab.rests()
    assert len(tab.changes()) == 2
    tab.page.get_by_role("button", name="remove: Chord brings 4,000").click()
    tab.rests()
    assert len(tab.changes()) == 1


def test_what_is_being_typed_and_pressed_is_left_alone(tab: Tab) -> None:
    """Answers come while somebody types into a deal, or has a finger on a change."""
    tab.press("#slider-0", "ArrowRight")
    amount = tab.page.locator("#rows tbody tr").nth(1).locator("input[type=number]")
    amount.press("Control+a")
    amount.press_sequentially("77")
    tab.rests()
    amount.press_sequentially("700")
    assert tab.changes() == ["win rate x 1.05"]
    amount.press("Enter")
    tab.rests()
    assert tab.changes() == ["win rate x 1.05", "<b>Bell</b> brings 77,700"]
    lost = tab.page.locator("#rows tbody tr").nth(0).get_by_role("button", name="lost")
    lost.press("Enter")
    tab.rests()
    assert lost.evaluate("(it) => it === document.activeElement")
    tab.page.evaluate("scrollTo(0, 0)")  # further down, the panel moves with what grows beside it
    tab.press("#slider-1", "ArrowRight")
    box = tab.page.locator("#changes button").first.bounding_box()
    tab.page.mouse.move(box["x"] + 3, box["y"] + 3)
    tab.page.mouse.down()
    tab.rests()
    tab.page.mouse.up()
    tab.rests()
    assert "win rate x 1.05" not in tab.changes()


def test_a_date_counts_when_it_is_one(tab: Tab) -> None:
    date = tab.page.locator("#rows tbody tr").nth(0).locator("input[type=date]")
    for day, changes in (("0002-05-01", []), ("2026-05-01", []), ("2027-05-01", ["Acme not won before 2027-05-01"])):
        date.fill(day)
        tab.rests()
        assert tab.changes() == changes


@pytest.mark.parametrize("width", [1000, 1280, 1920])
def test_nothing_lies_over_the_list_of_deals(chromium: Any, served: Served, width: int) -> None:
    tab = Tab(chromium, served, viewport={"width": width, "height": 600})
    for selector in ("#find", "#rows tbody td"):
        found = tab.page.locator(selector).first
        found.scroll_into_view_if_needed()
        box = found.bounding_box()
        at = "([x, y]) => document.elementFromPoint(x, y).closest('section').id"
        assert tab.page.evaluate(at, [box["x"] + 3, box["y"] + box["height"] / 2]) == "deals"
    tab.context.close()


def test_the_skip_link_leads_to_the_answer_and_loses_nothing(tab: Tab) -> None:
    tab.press("#slider-0", "ArrowRight")
    tab.rests()
    tab.page.locator(".skip").focus()
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "answer"
    assert tab.changes() == ["win rate x 1.05"] and tab.state()["shifts"]


@pytest.mark.parametrize("state", ['{"shifts":[{"path":"win_r', '{"shifts":[null]}', "[1", '{"shifts":3}'])
def test_a_damaged_link_is_told(chromium: Any, served: Served, state: str) -> None:
    tab = Tab(chromium, served, hash=f"#state={quote(state)}")
    assert "damaged" in tab.page.locator("#fault").inner_text() and tab.changes() == []
    tab.press("#slider-0", "ArrowRight")
    tab.rests()
    assert not tab.page.locator("#fault").is_visible() and tab.changes() == ["win rate x 1.05"]
    tab.context.close()


def test_what_cannot_be_is_not_taken(tab: Tab) -> None:
    field = tab.page.locator("#sliders input[type=number]").first
    for value in ("-3", "1e5", ""):
        field.fill(value)
        field.press("Tab")
        assert tab.changes() == [] and tab.state() == {}
    sure = tab.page.locator("#confidence-number")
    sure.fill("150")
    sure.press("Tab")
    assert tab.state() == {} and sure.input_value() == "80"
    tab.page.locator("#target").fill("lots")
    tab.page.locator("#target").press("Tab")
    assert "such as 3M" in tab.page.locator("#target-wrong").inner_text()
    assert tab.state() == {} and tab.changes() == []


def test_an_answer_of_before_the_last_change_looks_so(chromium: Any, served: Served) -> None:
    tab = Tab(chromium, served, hash='#state={"shifts":[{"path":"win_rate","scale":1.1}],"target":-5}')
    tab.page.locator("body.stale").wait_for()
    assert tab.page.locator("#fault").inner_text() == "Target: expected more than 0, found -5"
    tab.page.get_by_role("button", name="remove: Target: -5").click()
    tab.rests()
    assert tab.page.locator("body.stale").count() == 0 and tab.changes() == ["win rate x 1.1"]
    tab.context.close()


@pytest.mark.parametrize(("language", "typed"), [
    ("en", {"3,000,000": "3,000,000", "3 000 000": "3,000,000", "3M": "3,000,000", "$2.5m": "2,500,000",
            "1,5M": "1,500,000", "3.000.000,50 €": "3,000,000.5", "EUR 250k": "250,000", "1'200": "1,200"}),
    ("zh", {"300万": "300万", "￥１２０万": "120万", "1.25亿": "1.25亿", "9,999": "9,999", "123456": "12.3456万"}),
])  # fmt: skip
def test_amounts_are_read_as_people_write_them(
    chromium: Any, served: Served, language: str, typed: dict[str, str]
) -> None:
    tab = Tab(chromium, served, language=language)
    assert tab.page.evaluate("[...'-,.'].concat(['', 'lots', '-3', '1,2,3', '3%', '0']).map(amountOf)") == [None] * 9
    for text, shown in typed.items():
        tab.page.locator("#target").fill(text)
        tab.press("#target", "Tab")
        assert tab.page.locator("#target").input_value() == shown
    tab.context.close()


def test_a_market_that_is_drawn_looks_other_than_one_that_is_fixed(tab: Tab) -> None:
    row = tab.page.locator(".control").filter(has_text="market, from bad to good")
    assert "drawn anew in each future" in row.inner_text() and row.locator("input.drawn").count() == 1
    row.locator("input[type=number]").fill("0")
    tab.rests()
    assert "fixed at its 50 % quantile" in row.inner_text() and row.locator("input.drawn").count() == 0
    row.locator("input[type=number]").fill("-1.5")
    tab.rests()
    assert "6.68 %" in row.inner_text() and tab.changes() == ["market at its 6.68 % quantile"]


def test_on_a_telephone_a_deal_stands_beside_its_buttons(chromium: Any, served: Served) -> None:
    tab = Tab(chromium, served, viewport={"width": 390, "height": 844})
    row = tab.page.locator("#rows tbody tr").nth(1)
    row.scroll_into_view_if_needed()
    boxes = [row.get_by_text("<b>Bell</b>").bounding_box(), row.get_by_role("button", name="left out").bounding_box()]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)
    assert boxes[1]["y"] - boxes[0]["y"] < 300
    tab.context.close()


def test_it_opens_where_a_browser_gives_no_secure_context(chromium: Any, serve: Any, folder: Path) -> None:
    """As from another machine: plain http on an address that is not this machine's own."""
    host = "page.test"
    served = serve(folder / "small.yaml", host=host)
    browser = chromium.browser_type.launch(
        executable_path=shutil.which("chromium"), args=["--no-sandbox", f"--host-resolver-rules=MAP {host} 127.0.0.1"]
    )
    page = browser.new_page()
    page.goto(f"http://{host}:{served.port}/?token={TOKEN}")
    page.locator(RESTED).wait_for(timeout=150_000)
    assert page.evaluate("isSecureContext") is False
    browser.close()


def test_stages_and_segments_have_sliders_of_their_own(tab: Tab) -> None:
    tab.page.locator("#scope").select_option("stage=Proposal")
    tab.press("#slider-0", "ArrowLeft")
    tab.page.locator("#scope").select_option("segment=large")
    tab.press("#slider-0", "ArrowRight")
    tab.rests()
    assert tab.changes() == ["conversion of Proposal x 0.95", "win rate of large x 1.05"]


def test_a_variant_and_a_report_are_taken_along(tab: Tab, folder: Path, tmp_path: Path) -> None:
    tab.press("#slider-0", "ArrowRight")
    tab.rests()
    for button, suffix in (("#save", "yaml"), ("#report", "html")):
        with tab.page.expect_download() as got:
            tab.page.locator(button).click()
        assert got.value.suggested_filename == f"small-what-if.{suffix}"
        got.value.save_as(folder / got.value.suggested_filename)
        assert (" simfunnel report " in tab.page.locator("#told").inner_text()) is (button == "#report")
    own = simulate(folder / "small-what-if.yaml", variant="what-if", trials=100_000)
    assert own.mean("2027-Q1") == tab.answers[-1].json()["what_if"]["mean"]
    assert "what-if" in (folder / "small-what-if.html").read_text("utf-8")
    note = tab.page.locator("#not-saved")
    assert not note.is_visible()
    tab.page.locator("#period").select_option("total")
    note.wait_for()


def test_the_page_follows_the_files(tab: Tab, folder: Path) -> None:
    (folder / "deals.csv").write_text(DEALS + "D,Dora,Closing,9000,Bo,smb,2027-02-11\n")
    tab.page.get_by_role("cell", name="Dora", exact=True).wait_for()
    assert "changed on disk" in tab.page.locator("#told").inner_text()
    (folder / "small.yaml").write_text(SCENARIO.replace("as_of: 2027-01-11", "as_of: soon"))
    tab.page.locator("#fault").wait_for()
    assert "as_of" in tab.page.locator("#fault").inner_text()
    tab.press("#slider-0", "ArrowRight")
    tab.rests()
    assert tab.changes() == ["win rate x 1.05"]
    (folder / "small.yaml").write_text(SCENARIO)
    tab.page.locator("#fault").wait_for(state="hidden")


def test_a_server_that_was_started_again_is_noticed(tab: Tab, served: Served, folder: Path) -> None:
    (folder / "small.yaml").write_text(SCENARIO.replace("name: Small", "name: Renamed"))
    served.application.source = Source(str(folder / "small.yaml"))  # as after a stop, with the same token and port
    tab.page.get_by_role("heading", name="Renamed").wait_for()


def test_a_change_that_no_longer_fits_is_marked_and_can_be_removed(chromium: Any, served: Served) -> None:
    state = json.dumps({"shifts": [{"path": "win_rate", "scale": 1.1}, {"path": "ignore[deal=Z]", "set": True}]})
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/?token={TOKEN}#state={state}")
    page.locator("#changes li.wrong").wait_for()
    assert "'Z'" in page.locator("#fault").inner_text()
    page.locator("#changes li.wrong button").click()
    page.locator(RESTED).wait_for(timeout=150_000)
    assert page.locator("#changes li").count() == 1 and not page.locator("#fault").is_visible()
    context.close()


def test_without_the_token_the_page_says_so(chromium: Any, served: Served) -> None:
    page = chromium.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/")
    page.locator("#fault").wait_for()
    assert "token" in page.locator("#fault").inner_text()
    page.close()


def test_five_thousand_deals(chromium: Any, serve: Callable[..., Served], folder: Path) -> None:
    lines = [f"D{i:04},Deal {i:04},Closing,{100 + i},Owner {i % 30},smb,2027-03-01" for i in range(5000)]
    (folder / "deals.csv").write_text("id,name,stage,amount,owner,segment,close_date\n" + "\n".join(lines) + "\n")
    tab = Tab(chromium, serve(folder / "small.yaml"))
    assert tab.page.locator("#rows tbody tr").count() == 50
    assert "1 to 50 of 5000" in tab.page.locator("#rows-told").inner_text()
    tab.page.locator("#later").click()
    tab.page.get_by_role("cell", name="Deal 4949", exact=True).wait_for()
    tab.page.locator("#find").fill("deal 0123")
    row = tab.page.get_by_role("row").filter(has_text="Deal 0123")
    row.wait_for()
    row.get_by_role("button", name="left out").click()
    tab.rests()
    assert tab.changes() == ["Deal 0123 left out"] and tab.complaints == []
    tab.context.close()


@pytest.mark.parametrize(("width", "scheme", "language"), [
    (1280, "light", "en"), (1280, "dark", "zh"), (390, "light", "zh"), (390, "dark", "en"),
])  # fmt: skip
def test_nobody_is_kept_out(chromium: Any, served: Served, axe: str, width: int, scheme: str, language: str) -> None:
    tab = Tab(chromium, served, language=language, viewport={"width": width, "height": 800}, color_scheme=scheme,
              bypass_csp=True)  # fmt: skip
    tab.press("#slider-0", "ArrowRight")
    tab.rests()
    tab.page.add_script_tag(content=axe)
    found = tab.page.evaluate("axe.run()")
    serious = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found["violations"]
               if one["impact"] in ("serious", "critical")]  # fmt: skip
    assert serious == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
    assert ("概率" in tab.said()) is (language == "zh")
    tab.context.close()
