"""Columns are chosen by the words of their headers and by what their cells hold."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from simfunnel.crm.words.header_fields import fields_of
from simfunnel.crm.words.units import measure

from .reading import Reader, cautions_of, warnings_of

NAMED = {
    "amount": ["DEAL_AMOUNT", "dealAmount", "Deal-Amount", "Ｄｅａｌ　Ａｍｏｕｎｔ", "Order value", "Auftragswert",
               "Montant prévu",
               "Importe total", "Valor do negócio", "Importo", "Сумма сделки", "预计成交金额", "金額",
               "Total Contract Value"],
    "close_date": ["expectedCloseDate", "closing_date", "Voraussichtliches Abschlussdatum", "Schlusstermin",
                   "Date de clôture prévue", "Cierre previsto", "Previsão de fechamento", "Data chiusura prevista",
                   "Дата закрытия", "预计结单日期", "受注予定日"],
    "stage": ["deal stage", "Verkaufsphase", "Étape", "Etapa de la oportunidad", "Fase", "Этап сделки", "商机阶段",
              "フェーズ"],
    "stage_entered": ["Stage_Entry_Date", "lastStageChangeDate", "Phase seit", "进入阶段日期", "阶段变更时间"],
    "owner": ["Sales Rep", "assigned_to", "Verantwortlich", "Propriétaire", "Vendedor", "Responsabile", "Ответственный",
              "商机所有者", "担当者"],
    "age": ["days_in_stage", "Time in stage", "停留天数", "Verweildauer"],
    "status": ["dealStatus", "Statut", "Estado", "Situação", "Stato", "Статус", "商机状态", "ステータス"],
    "lost_reason": ["Loss reason", "Verlustgrund", "Motif de perte", "Motivo de la pérdida", "输单原因", "失注理由"],
    "created": ["created_at", "Erstelldatum", "Date de création", "Fecha de creación", "Дата создания", "创建时间"],
    "id": ["opportunity_id", "Deal No.", "Record ID", "商机编号", "Номер сделки", "案件番号"],
    "probability": ["Win probability", "Wahrscheinlichkeit (%)", "Probabilité", "成交概率(%)", "Вероятность", "確度"],
}  # fmt: skip


@pytest.mark.parametrize(("field", "header"), [(field, header) for field, found in NAMED.items() for header in found])
def test_a_header_is_read_by_its_words_in_any_spelling_and_language(field: str, header: str) -> None:
    fields = [name for _, name in fields_of(measure(header).words)]
    assert fields[0] == field


@pytest.mark.parametrize(
    "header",
    ["Weighted amount", "Expected Revenue", "Erwarteter Umsatz", "Amount (converted)", "Previous amount", "加权金额",
     "Days to close", "Next activity date", "Created by", "Account ID", "orig_close_date", "Amount per month",
     "Number of amounts", "mrr"],
)  # fmt: skip
def test_words_that_change_the_meaning_keep_a_header_from_being_a_field(header: str) -> None:
    assert not fields_of(measure(header).words)


@pytest.mark.parametrize(
    ("header", "factor", "currency"),
    [
        ("Amount (k EUR)", 1e3, "EUR"), ("Betrag in Tsd. €", 1e3, "EUR"), ("Umsatz (TEUR)", 1e3, "EUR"),
        ("Montant (M€)", 1e6, "EUR"), ("Valor (R$)", 1.0, "BRL"), ("金额(万元)", 1e4, "CNY"),
        ("金額（百万円）", 1e6, "JPY"), ("amountMicros", 1e-6, None), ("value_in_cents", 1e-2, None),
        ("Amount ('000)", 1e3, None), ("Сумма, тыс. руб.", 1e3, "RUB"), ("Amount", 1.0, None), ("AmountUSD", 1.0,
        "USD"),
        ("Value in millions of dollars", 1e6, "$"),
        ("Installed Capacity (MWelec)", 1.0, None), ("MWelec EUR", 1.0, "EUR"), ("Amount MEuro", 1e6, "EUR"),
    ],
)  # fmt: skip
def test_unit_and_currency_come_from_the_header(header: str, factor: float, currency: str | None) -> None:
    found = measure(header)
    assert (found.factor, found.currency) == (factor, currency)


def test_a_unit_scales_the_amounts_and_is_said(read: Reader) -> None:
    table = read("id,stage,Deal value (k USD)\n1,Proposal,12.5\n2,Negotiation,3\n")
    assert table.open.amount.tolist() == [12500, 3000]
    (amount,) = [column for column in table.quality.understood if column.field == "amount"]
    assert (amount.unit, amount.currency, amount.key) == ("k = 1,000", "USD", "pipeline.columns.amount")
    assert read("id,stage,Deal value (k USD)\n1,Proposal,12.5\n", amount_unit=100).open.amount.tolist() == [1250]


def test_a_unit_in_the_header_and_in_the_cells_is_asked_about(message: Callable[..., str]) -> None:
    said = message("id,stage,Amount (k USD)\n1,Proposal,12k\n")
    assert "states a unit, and so does '12k' in it" in said and "`amount_unit: 1`" in said


def test_cents_stay_exact(read: Reader) -> None:
    assert read("id,stage,amount_cents\n1,Proposal,110\n2,Proposal,29\n").open.amount.tolist() == [1.1, 0.29]


def test_a_header_in_another_currency_needs_a_rate(read: Reader, message: Callable[..., str]) -> None:
    text = "id,stage,Amount (CHF)\n1,Proposal,10\n"
    assert "amounts are in CHF, but the scenario is in USD" in message(text)
    assert read(text, rates={"CHF": 2}).open.amount.tolist() == [20]


def test_a_header_and_a_column_that_name_different_currencies_are_asked_about(message: Callable[..., str]) -> None:
    said = message("id,stage,Amount (USD),Currency\n1,Proposal,10,USD\n2,Proposal,10,EUR\n")
    assert "'Amount (USD)' is in USD according to its header, but 'Currency' beside it has EUR" in said


def test_a_currency_column_belongs_to_the_amount_it_is_called_after(read: Reader) -> None:
    text = (
        "id,stage,Currency of Quoted value,Value,Currency of Value,Quoted value\n"
        "1,Proposal,JPY,10,USD,1500\n2,Proposal,JPY,20,USD,3000\n"
    )
    table = read(text)
    assert (table.quality.columns["amount"], table.quality.columns["currency"]) == ("Value", "Currency of Value")


def test_a_shared_prefix_or_suffix_says_nothing(read: Reader) -> None:
    head = "zz_ref_q,zz_stage_q,zz_amount_q,zz_closeDate_q"
    table = read(f"{head}\n1,Proposal,5,2027-03-01\n")
    assert table.quality.columns.keys() == {"id", "stage", "amount", "close_date"}


def test_a_preset_only_ranks_and_generic_names_follow(read: Reader) -> None:
    table = read("Opportunity ID,Opportunity Name,Account Name,Stage,worth,Close Date,Next Step,Phase seit\n"
                 "1,A,B,Proposal,5,2027-03-01,x,2027-01-10\n")  # fmt: skip
    assert table.quality.preset == "salesforce"
    assert (table.open.amount.tolist(), table.open.entered.tolist()) == ([5], [-10])


# --- content decides ---


def test_of_two_columns_called_alike_the_one_with_fitting_cells_is_taken(read: Reader) -> None:
    table = read("id,stage,amount,deal value\n1,Proposal,see offer,5\n2,Proposal,ask Eva,7\n")
    assert table.open.amount.tolist() == [5, 7]
    table = read("id,Phase,Sales Stage\n1,zzyx,Proposal\n2,qwrt,Negotiation\n")
    assert table.open.stage == ("Proposal", "Negotiation")


def test_the_same_header_is_a_flag_or_a_date_by_its_cells(read: Reader) -> None:
    flag = read("id,stage,amount,close_date,closed\n1,Won,5,2027-01-05,yes\n2,Proposal,7,,no\n")
    assert flag.quality.columns["is_closed"] == "closed" and flag.won.closed.tolist() == [-15]
    date = read("id,stage,amount,close_date,closed\n1,Won,5,2027-03-05,2027-01-05\n2,Proposal,7,,\n")
    assert date.quality.columns["closed"] == "closed" and date.won.closed.tolist() == [-15]


def test_a_column_without_one_fitting_cell_is_said_once(read: Reader) -> None:
    table = read("id,stage,amount,created,close_date\n" + "".join(f"{i},Proposal,5,{d},soon\n" for i, d in
                 enumerate(["2027-01-02", "glorp", "2027-01-03"])))  # fmt: skip
    assert (
        None,
        "column 'close_date' is called like 'close_date', but none of its cells can be that ('soon' for one): "
        "it was not used",
    ) in warnings_of(table)
    assert "close_date" not in table.quality.columns and "close_date" in table.quality.unused
    assert sum("glorp" in said for _, said in warnings_of(table)) == 1


def test_an_empty_column_gives_way_to_one_that_is_filled(read: Reader) -> None:
    table = read(
        "Record ID,Deal Name,Deal Stage,Amount,Amount in company currency\n1,A,Proposal,,12\n2,B,Proposal,,18\n"
    )
    assert table.open.amount.tolist() == [12, 18]
    assert any("taken to be in the currency of the scenario" in said for _, said in warnings_of(table))


def test_unread_columns_that_could_be_a_missing_field_are_named_with_the_key(read: Reader) -> None:
    table = read(
        "id,stage,amount,Blorf day,Quib,Snorf\n1,Proposal,5,2027-01-02,EUR,Lost\n2,Proposal,6,2027-01-03,GBP,Open\n"
    )
    said = " ".join(text for _, text in warnings_of(table))
    assert 'columns: {close_date: "Blorf day"}' in said
    assert 'columns: {currency: "Quib"}' in cautions_of(table)["could_be_currency"]
    assert 'columns: {status: "Snorf"}' in cautions_of(table)["could_be_status"]


def test_a_state_of_the_country_is_no_status(read: Reader) -> None:
    table = read("id,stage,amount,State\n1,Proposal,5,TX\n2,Proposal,6,CA\n")
    assert table.quality.used == 2 and table.quality.unused == ("State",)


def test_a_bare_opportunity_is_an_id_only_if_it_tells_rows_apart(read: Reader) -> None:
    assert read("opportunity,stage,amount\nA,Proposal,5\nB,Proposal,6\n").open.id == ("A", "B")
    assert read("opportunity,stage,amount\nA,Proposal,5\nA,Proposal,6\n").open.id == ("row 2", "row 3")


def test_every_column_that_is_read_is_accounted_for(read: Reader) -> None:
    table = read("id,stage,amount,note\n1,Proposal,,x\n2,Proposal,7,y\n3,Lost,9,z\n")
    understood = {column.field: column for column in table.quality.understood}
    assert set(understood) == {"id", "stage", "amount"} and table.quality.unused == ("note",)
    assert (understood["amount"].first, understood["amount"].blank) == ("7", 1)
    assert table.quality.amounts == {"open": 7, "won": 0, "lost": 9, "excluded": 0}


def test_one_date_column_for_each_stage_gives_the_age(read: Reader) -> None:
    table = read("id,stage,amount,Qualification date,dateEnteredProposal,Negotiation\n"
                 "1,Proposal,5,2026-12-01,2027-01-10,\n2,Qualification,6,2027-01-05,,\n"
                 "3,Negotiation,7,,,2027-01-18\n")  # fmt: skip
    assert table.open.entered.tolist() == [-10, -15, -2]


def test_days_in_the_stage_are_an_age(read: Reader) -> None:
    table = read('id,stage,amount,停留天数\n1,Proposal,5,12\n2,Proposal,6,"0,5"\n3,Proposal,6,\n')
    np.testing.assert_equal(table.open.entered, [-12, -0.5, np.nan])


@pytest.mark.parametrize(
    ("header", "factor"),
    [("Deal  Value (excl. VAT)", 1), ("Montant HT, en M€", 1e6), ("Amount in 000s", 1e3), ("Betrag netto (T€)", 1e3),
     ("Valor sin IVA", 1), ("金额（不含税）", 1), ("Сумма без НДС", 1), ("Importo (IVA esclusa)", 1),
     ("Net amount ('000)", 1e3)],
)  # fmt: skip
def test_a_header_may_say_that_amounts_are_before_or_after_tax(read: Reader, header: str, factor: float) -> None:
    table = read(f'id,stage,"{header}"\n1,Proposal,5\n', currency="EUR")
    assert table.open.amount.tolist() == [5 * factor]


@pytest.mark.parametrize("cells", [("12000", "4500.50"), ("$ 900", "$ 1200"), ("12,500", "900"), ("12000", "7000")])
def test_money_that_nobody_reads_is_named_where_all_amounts_are_drawn(read: Reader, cells: tuple[str, str]) -> None:
    text = f'id,stage,Grumblix\n1,Proposal,"{cells[0]}"\n2,Proposal,"{cells[1]}"\n'
    said = cautions_of(read(text))["could_be_amount"]
    assert "'Grumblix' holds numbers that look like money" in said and '`columns: {amount: "Grumblix"}`' in said
    assert "could_be_amount" not in cautions_of(read(text, columns={"amount": "Grumblix"}))


@pytest.mark.parametrize("cells", [("1", "2"), ("0.5", "0.7"), ("48213", "90177"), ("2027-01-01", "2027-01-02"),
                                   ("+49 30 1234", "x")])  # fmt: skip
def test_other_numbers_are_no_money(read: Reader, cells: tuple[str, str]) -> None:
    table = read(f"id,stage,Grumblix\n1,Proposal,{cells[0]}\n2,Proposal,{cells[1]}\n")
    assert "could_be_amount" not in cautions_of(table)


@pytest.mark.parametrize(("before", "after"), [("from stage", "to stage"), ("Old zork", "New zork"),
                                               ("Von Phase (vorherige)", "Nach Phase")])  # fmt: skip
def test_the_stage_that_is_proposed_is_the_one_a_deal_moved_to(
    message: Callable[..., str], before: str, after: str
) -> None:
    said = message(
        f"id,{before},{after},amount\n1,Qualification,Proposal,5\n1,Proposal,Negotiation,5\n1,Proposal,Won,5\n"
    )
    assert f'columns: {{stage: "{after}"}}' in said
