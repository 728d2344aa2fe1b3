"""The quarterly report as a reader meets it: whole pages of made-up artifacts, in both languages, full and empty."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

from kpi_toolkit import artifacts
from kpi_toolkit.report import charts, narrative, tables
from kpi_toolkit.report.bridge import bridge
from kpi_toolkit.report.decisions import decisions
from kpi_toolkit.report.facts import Facts
from kpi_toolkit.report.outlook import Outlook
from kpi_toolkit.report.roll import Roll
from kpi_toolkit.report.tables.page_one import country_results
from tests.report import made_up, pages

SECTIONS = (
    "sec-page-1", "sec-decisions", "sec-what", "sec-goal", "sec-kpis", "sec-countries", "sec-why", "sec-people", "sec-everyone",
    "sec-matrix", "sec-owed", "sec-plans", "sec-unscored", "sec-next", "sec-choice", "sec-unmeasured", "sec-cases", "sec-data",
    "sec-limits", "sec-provenance",
)  # fmt: skip
RAW = re.compile(r"\b[a-z]+_[a-z_]+\b|(?<![\w.])(?:NaN|NaT|<NA>|None(?! of\b)|nan|inf)(?![\w-])|\d\.\d{7,}|\{\w*\}|\?\?")
ENGLISH_WORDS = re.compile(
    r"\b(?:Figure|Table|Contents|Quarter|Targets?|Actual|Attainment|Revenue|Customers|Orders|Score|Weight|Summary|Person|Team|Country"
    r"|Company|Exceeded|Missed|Reward|Coaching|not available|January|July|August|September|October)\b"
)


class Page(HTMLParser):
    """Visible text, headings and ids of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.quiet, self.words, self.headings, self.ids, self.unnamed = 0, [], [], set(), 0  # type: ignore[var-annotated]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        self.ids.add(known.get("id"))
        self.quiet += tag in {"script", "style"}
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        self.unnamed += tag == "svg" and not known.get("aria-label") and known.get("aria-hidden") != "true"

    def handle_endtag(self, tag: str) -> None:
        self.quiet -= tag in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.write(tmp_path_factory.mktemp("full"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_up.bare(tmp_path_factory.mktemp("bare"))


@pytest.fixture(scope="module", params=["en", "vi"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module", params=["full", "bare"])
def page(request: pytest.FixtureRequest, root: Path, bare: Path, lang: str, tmp_path_factory: pytest.TempPathFactory) -> Page:
    here = made_up.opened(root if request.param == "full" else bare, lang)
    return Page(pages.written(here, "html", tmp_path_factory.mktemp("pages")).read_text(encoding="utf-8"))


def test_no_section_is_left_out_whatever_the_client_has(page: Page) -> None:
    assert not set(SECTIONS) - page.ids


def test_no_code_gap_or_unrounded_number_shows(page: Page) -> None:
    assert not RAW.findall(page.text)


def test_headings_do_not_jump_and_every_picture_is_named(page: Page) -> None:
    assert not [pair for pair in zip(page.headings, page.headings[1:], strict=False) if pair[1] > pair[0] + 1]
    assert page.unnamed == 0


def test_a_vietnamese_page_shows_no_english_word(page: Page, lang: str) -> None:
    if lang == "vi":
        assert not set(ENGLISH_WORDS.findall(page.text))
        assert "may rủi" not in page.text


def test_the_page_prints(root: Path, tmp_path: Path) -> None:
    assert pages.written(made_up.opened(root, "vi"), "pdf", tmp_path).read_bytes().startswith(b"%PDF")


# ---- what it says


@pytest.fixture(scope="module")
def facts(root: Path) -> Facts:
    return Facts.of(made_up.opened(root))


def plain(text: str) -> str:
    """Markdown without character references and no-break spaces."""
    return re.sub(r"&#(\d+);", lambda found: chr(int(found[1])), text).replace("\u00a0", " ")


def test_the_title_says_the_result_and_where_the_gap_is(facts: Facts) -> None:
    goals = facts.table("evaluation").query("kpi == 'revenue'")
    actual = sum(row.actual * made_up.RATES[row.currency] for row in goals.itertuples())
    title = plain(narrative.head(facts).text)
    assert f"# Revenue at {actual / made_up.GOAL:.1%} of goal; the gap is Türkiye and Germany" in title
    assert "The quarter is incomplete" in title and "Field activities (Türkiye) until 21 Aug 2026" in title


def test_the_payout_is_owed_whatever_the_verdict(facts: Facts) -> None:
    goals = facts.table("evaluation")
    by_hand = sum((own["payout"] * own["weight"]).sum() / 100 * 1000 for _, own in goals.groupby("person_id"))
    payout = next(one for one in decisions(facts) if one.kind == "payout")
    assert Roll(facts).owed_money == pytest.approx(by_hand)
    assert {one.person for one in Roll(facts).owed} == set(goals["person_id"])
    assert f"${by_hand / 1000:.1f} k" in plain(payout.options)


def test_each_decision_says_why_its_cost_who_and_by_when(facts: Facts) -> None:
    asked = decisions(facts)
    assert [one.kind for one in asked] == ["payout", "exceptions", "goal", "kpis", "plans", "questions"]
    assert all(str(one.what) and one.why and one.options and one.who and one.by > facts.quarter.last_day for one in asked)
    choice = next(one for one in asked if one.kind == "goal")
    assert {"70%", "50%", "31%"} <= set(re.findall(r"\d+%", choice.options))


def test_a_client_who_signed_nothing_owes_nothing(tmp_path: Path) -> None:
    root = made_up.write(tmp_path)
    goals = artifacts.load(root / made_up.QUARTER / "results", "evaluation").assign(agreed=False)
    artifacts.save(root / made_up.QUARTER / "results", "evaluation", goals)
    facts = Facts.of(made_up.opened(root))
    assert not Roll(facts).owed and "payout" not in [one.kind for one in decisions(facts)]
    assert "0 of 25 people have signed goals" in plain(narrative.data_line(facts).text)


def test_countries_stand_by_their_shortfall_in_the_reporting_currency(facts: Facts) -> None:
    goals = facts.table("evaluation").query("kpi == 'revenue'").merge(facts.table("people")[["person_id", "country"]])
    rate = goals["currency"].map(made_up.RATES)
    gaps = ((goals["actual"] - goals["prorated_target"]) * rate).groupby(goals["country"]).sum().sort_values()
    found = country_results(facts)
    assert [one.country for one in found] == list(gaps.index)
    assert [one.gap for one in found] == pytest.approx(list(gaps))


def test_the_bridge_adds_to_the_change_of_revenue(facts: Facts) -> None:
    found = bridge(facts)
    assert found is not None
    before, after = (facts.company_value("revenue", quarter) for quarter in (found.before, found.after))
    assert (found.start, found.end) == pytest.approx((before, after))
    assert sum(found.steps) == pytest.approx(after - before)


def test_every_scored_person_is_in_the_matrix_and_the_unit_row_once(facts: Facts) -> None:
    roll = Roll(facts)
    scores = facts.table("scores").query("level == 'person'")
    assert sum(sum(one.bands.values()) for one in roll.matrix) == len(scores) == sum(roll.verdicts.values())
    assert [(one.person, one.reason) for one in roll.not_scored] == [("P25", "no_goal")]


def test_few_people_of_a_country_stand_together_and_are_not_told_apart(tmp_path: Path) -> None:
    root = made_up.write(tmp_path)
    folder = root / made_up.QUARTER / "results"
    people = artifacts.load(folder, "people")
    people.loc[people["person_id"].isin(["P01", "P02"]), "country"] = ["Laos", "Chile"]
    artifacts.save(folder, "people", people)
    pooled = Roll(Facts.of(made_up.opened(root))).matrix[-1]
    assert set(pooled.countries) == {"Chile", "Laos", "Việt Nam"}  # 1, 1 and 4 people, where 5 are the fewest that may be shown
    assert pooled.people == made_up.PER_COUNTRY and not pooled.small


def test_names_stand_only_where_a_decision_is_asked(facts: Facts) -> None:
    names = set(facts.table("people")["name"])
    asking = {"owed", "plans", "not_scored", "open_cases"}
    for name in tables.__all__:
        page = getattr(tables, name)(facts).html().replace("*", "")
        shown = {person for person in names if person.replace("*", "") in page}
        assert bool(shown) == (name in asking), name


def test_a_name_full_of_markup_is_text(facts: Facts) -> None:
    block = tables.not_scored(facts)
    assert "Hans *Unscored* @home" in block.html()
    assert '"Hans *Unscored* @home"' in block.typst()


def test_the_next_goal_is_a_choice_of_goals_with_falling_chances(facts: Facts) -> None:
    chances = [one.chance for one in Outlook(facts).options]
    assert chances == sorted(chances, reverse=True) == [0.7, 0.5, 0.31]


def test_without_a_forecast_the_next_quarter_says_so(tmp_path: Path) -> None:
    root = made_up.write(tmp_path)
    for path in (root / "2026Q4" / "results").glob("*.parquet"):
        path.unlink()
    facts = Facts.of(made_up.opened(root))
    assert "not modelled yet" in plain(narrative.next_head(facts).text)
    assert tables.options(facts).says.startswith("Not available: no targets of")


def test_without_an_evaluation_nobody_is_said_to_have_no_goal(tmp_path: Path) -> None:
    root = made_up.write(tmp_path)
    for name in ("evaluation", "scores", "groups"):
        (root / made_up.QUARTER / "results" / f"{name}.parquet").unlink()
    facts = Facts.of(made_up.opened(root))
    assert "has not run for this quarter" in tables.not_scored(facts).says
    assert plain(narrative.unscored_head(facts).text).startswith("## Who is not scored {")
    assert plain(narrative.people_head(facts).text).startswith("# People: not evaluated yet")


def test_too_few_usable_kpis_are_told_in_the_heading(tmp_path: Path) -> None:
    root = made_up.write(tmp_path)
    folder = root / made_up.QUARTER / "results"
    artifacts.save(folder, "proposal", artifacts.load(folder, "proposal").assign(chosen=False, reason="no_history:2:5"))
    head = plain(narrative.kpis_head(Facts.of(made_up.opened(root))).text)
    assert head.startswith("# KPIs: only 2 usable of the 5 asked for")


def test_the_chance_of_a_goal_and_of_each_person_stand_apart(facts: Facts) -> None:
    html = tables.goals(facts).html()
    assert "Chance of the company goal" in html and "Chance of each person" in html


def test_every_table_and_chart_draws_for_everyone_and_for_nobody(root: Path, bare: Path) -> None:
    for folder in (root, bare):
        facts = Facts.of(made_up.opened(folder))
        for module in (tables, charts):
            for name in module.__all__:
                block = getattr(module, name)(facts)
                assert block.says and block.html() and block.typst() and block.notebook(), name


def test_a_chart_of_a_notebook_takes_the_result_before_it_is_saved(bare: Path, root: Path) -> None:
    class Result:
        def tables(self) -> dict[str, pd.DataFrame]:
            return {"proposal": artifacts.load(root / made_up.QUARTER / "results", "proposal")}

    block = charts.proposal(made_up.opened(bare), Result())
    assert "New customers" in block.html()


def test_one_quarter_alone_with_quotas_only_still_makes_a_report(tmp_path: Path) -> None:
    """A client with one KPI, unsigned quotas, one unknown country, no renewal, no forecast, no names."""
    root = made_up.write(tmp_path)
    folder = root / made_up.QUARTER / "results"
    for name in ("company_targets", "renewal", "proposal", "exceptions", "actions", "availability", "rates", "findings"):
        (folder / f"{name}.parquet").unlink()
    people = artifacts.load(folder, "people").assign(name=None, team=None)
    people.loc[people["country"].eq("Germany"), "country"] = None
    artifacts.save(folder, "people", people)
    goals = (
        artifacts.load(folder, "evaluation")
        .query("kpi == 'revenue'")
        .assign(agreed=False, weight=100.0, p_met=None, verdict=None)
    )
    artifacts.save(folder, "evaluation", goals)
    here = made_up.opened(root, "vi")
    page = Page(pages.written(here, "html", tmp_path / "out").read_text(encoding="utf-8"))
    assert not set(SECTIONS) - page.ids
    assert not RAW.findall(page.text)
    assert "chưa rõ nước" in page.text
