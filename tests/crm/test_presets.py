"""A small export of each CRM, as the CRM writes it."""

from __future__ import annotations

import numpy as np
import pytest

from simfunnel.crm.detect import detect_preset

from .reading import Reader, reasons_of, warnings_of

SALESFORCE_REPORT = """\
Opportunity Owner,Account Name,Opportunity Name,Stage,Amount,Close Date,Created Date,\
Probability (%),Lead Source,\
Last Stage Change Date,Opportunity ID
Wang Wei,Acme,Acme 1,Proposal,"12,500.00",2/26/2027,11/30/2026,60%,Web,1/7/2027,0061
Li Na,Beta,Beta 1,Closed Won,"8,000.00",1/12/2027,10/2/2026,100%,Web,1/12/2027,0062
Li Na,Beta,Beta 2,Closed Lost,"8,000.00",1/12/2027,10/2/2026,0%,,1/12/2027,0063

"Grand Totals",,,,"28,500.00",,,,,,
Confidential Information - Do Not Distribute
Copyright (c) 2000-2027 salesforce.com
"""


def test_salesforce_report_with_its_footer(read: Reader) -> None:
    table = read(SALESFORCE_REPORT)
    assert table.quality.preset == "salesforce"
    assert table.open.id == ("0061",)
    assert table.open.row == (2,)
    assert table.open.entered.tolist() == [-13]
    assert table.open.amount.tolist() == [12500]
    assert table.open.owner == ("Wang Wei",)
    assert table.open.source == ("Web",)
    assert table.open.probability.tolist() == [0.6]
    assert table.won.amount.tolist() == [8000]
    assert table.won.closed.tolist() == [-8]
    assert table.quality.lost == 1
    assert reasons_of(table) == [
        (6, "a total ('Grand Totals'), not a deal"),
        (
            7,
            "only one cell is filled ('Confidential Information - Do Not Distribute'): a title or total, not a deal",
        ),
        (
            8,
            "only one cell is filled ('Copyright (c) 2000-2027 salesforce.com'): a title or total, not a deal",
        ),
    ]


SALESFORCE_API = """\
Id,IsDeleted,StageName,Amount,CloseDate,IsClosed,IsWon,OwnerId,CreatedDate,LastStageChangeDate,CurrencyIsoCode,\
ForecastCategoryName
0061,false,Proposal,100.0,2027-02-26,false,false,005a,2026-11-30T09:00:00.000Z,2027-01-07T12:00:00.000Z,USD,Commit
0062,true,Proposal,100.0,2027-02-26,false,false,005a,2026-11-30T09:00:00.000Z,2027-01-07T12:00:00.000Z,USD,Commit
0063,false,Signed,100.0,2027-01-08,true,true,005a,2026-11-30T09:00:00.000Z,2027-01-08T12:00:00.000Z,USD,Closed
0064,false,Dropped,100.0,2027-01-08,true,false,005a,2026-11-30T09:00:00.000Z,2027-01-08T12:00:00.000Z,USD,Omitted
"""


def test_salesforce_api_export_by_its_flags(read: Reader) -> None:
    table = read(SALESFORCE_API)
    assert table.quality.preset == "salesforce"
    assert table.open.entered.tolist() == [-12.5]
    assert table.open.forecast_category == ("Commit",)
    assert (table.quality.won, table.quality.lost) == (1, 1)
    assert reasons_of(table) == [(3, "deleted in the CRM")]


HUBSPOT_LABELS = '''\
Record ID,Deal Name,Deal Stage,Pipeline,Close Date,Deal owner,Amount,Create Date,Is Closed Won,\
Is Deal Closed?,\
Currency,"Date entered ""Proposal (Sales Pipeline)""","Date entered ""Qualification (Sales Pipeline)""",\
"Date entered ""Proposal (Partner Pipeline)"""
1,Acme,Proposal,Sales Pipeline,2027-03-01 10:00,Wang Wei,1000,2026-12-01 08:00,false,false,USD,\
2027-01-10 00:00,\
2026-12-01 08:00,(No value)
2,Beta,Qualification,Sales Pipeline,(No value),Li Na,(No value),2026-12-01 08:00,false,false,USD,(No value),\
2027-01-04 00:00,(No value)
3,Coda,Proposal,Partner Pipeline,(No value),Li Na,500,2026-12-01 08:00,false,false,USD,(No value),(No value),\
2027-01-15 00:00
4,Dora,Closed Won,Sales Pipeline,2027-01-05 10:00,Li Na,700,2026-12-01 08:00,true,true,USD,,,
5,Edda,Closed Lost,Sales Pipeline,2027-01-05 10:00,Li Na,700,2026-12-01 08:00,false,true,USD,,,
'''


def test_hubspot_labels_with_one_column_of_dates_per_stage(read: Reader) -> None:
    table = read(HUBSPOT_LABELS)
    assert table.quality.preset == "hubspot"
    assert table.open.id == ("1", "2", "3")
    assert table.open.entered.tolist() == [-10, -16, -5]
    np.testing.assert_equal(table.open.amount, [1000, np.nan, 500])
    assert (table.quality.won, table.quality.lost) == (1, 1)


HUBSPOT_API = """\
hs_object_id,dealname,dealstage,amount,closedate,createdate,hubspot_owner_id,hs_is_closed_won,\
hs_v2_date_entered_current_stage,hs_v2_date_entered_12345_999,deal_currency_code
1,Acme,12345,1000,1803800000000,1796083200000,77,false,,1799280000000,USD
2,Beta,12345,1000,1803800000000,1796083200000,77,false,1799366400000,1799280000000,USD
3,Coda,closedwon,1000,1799366400000,1796083200000,77,true,,,USD
"""


def test_hubspot_internal_names_with_epoch_milliseconds(read: Reader) -> None:
    table = read(HUBSPOT_API, stage_map={"12345": "Negotiation"})
    assert table.quality.preset == "hubspot"
    assert table.open.stage == ("Negotiation", "Negotiation")
    assert table.quality.won == 1
    assert table.open.entered[1] == -12 + 0  # the current-stage column comes first
    assert np.isnan(table.open.entered[0])


def test_hubspot_custom_stage_columns_end_in_the_pipeline_id(read: Reader) -> None:
    lines = [line.split(",") for line in HUBSPOT_API.splitlines()]
    text = "\n".join(",".join(cell for place, cell in enumerate(line) if place != 8) for line in lines)
    table = read(text, stage_map={"12345": "Negotiation"})
    assert table.open.entered.tolist() == [-13, -13]


def test_hubspot_default_stage_names_meet_the_labels(read: Reader) -> None:
    text = "hs_object_id,dealname,dealstage,amount\n1,A,qualifiedtobuy,5\n2,B,contractsent,6\n"
    table = read(text, stages=["Qualified To Buy", "Contract Sent"])
    assert table.open.stage == ("Qualified To Buy", "Contract Sent")


DYNAMICS = """\
(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,\
Potential Customer,\
Est. close date,Est. revenue,Pipeline Phase,Status,Actual Close Date,Actual Revenue,Probability,\
Owner,Created On
a1,x,46400,Acme pumps,Acme,46450,"$1,000.00",2-Proposal,Open,,,40,Wang Wei,46300
a2,x,46400,Beta pumps,Beta,46450,"$2,000.00",2-Proposal,Won,46395,"$1,800.00",100,Li Na,46300
a3,x,46400,Coda pumps,Coda,46450,"$3,000.00",2-Proposal,Lost,46395,$0.00,0,Li Na,46300
"""


def test_dynamics_excel_export_with_serial_dates(read: Reader) -> None:
    table = read(DYNAMICS, stage_map={"2-Proposal": "Proposal"})
    assert table.quality.preset == "dynamics"
    assert table.open.id == ("a1",)
    assert table.open.close_date.tolist() == [46450 - 46407]
    assert table.open.probability.tolist() == [0.4]
    assert table.won.amount.tolist() == [1800]  # the actual revenue, not the estimate
    assert table.won.closed.tolist() == [46395 - 46407]
    assert table.quality.lost == 1


PIPEDRIVE = """\
Deal - ID,Deal - Title *,Deal - Owner,Deal - Value,Deal - Currency of Value,Deal - Stage *,Deal - Status,\
Deal - Deal created,Deal - Last stage change,Deal - Won time,Deal - Lost time,Deal - Expected close date
1,Acme,Wang Wei,1000,USD,Proposal,Open,2026-12-01 09:00:00,2027-01-10 12:00:00,,,2027-02-01
2,Beta,Li Na,2000,USD,Negotiation,Won,2026-12-01 09:00:00,2027-01-10 12:00:00,2027-01-11 12:00:00,,2027-02-01
3,Coda,Li Na,3000,USD,Proposal,Lost,2026-12-01 09:00:00,2027-01-10 12:00:00,,2027-01-11 12:00:00,2027-02-01
4,Dora,Li Na,4000,USD,Proposal,Deleted,2026-12-01 09:00:00,2027-01-10 12:00:00,,,2027-02-01
"""


def test_pipedrive_export_where_the_status_beats_the_stage(read: Reader) -> None:
    table = read(PIPEDRIVE)
    assert table.quality.preset == "pipedrive"
    assert table.open.id == ("1",)
    assert table.open.entered.tolist() == [-9.5]
    assert table.won.closed.tolist() == [-8.5]
    assert table.quality.lost == 1
    assert reasons_of(table) == [(5, "deleted in the CRM")]
    assert table.quality.columns["stage"] == "Deal - Stage *"


ZOHO = """\
Record Id,Deal Name,Deal Owner,Account Name,Contact Name,Amount,Closing Date,Stage,Probability,Lead Source,\
Created Time,Modified Time
zcrm_1,Acme,Wang Wei,Acme,Ms A,$ 1200,2027-02-01,Proposal,30,Web,2026-12-01 09:00,2027-01-02 09:00
zcrm_2,Beta,Li Na,Beta,Mr B,$ 900,2027-01-05,Closed Won,100,Web,2026-12-01 09:00,2027-01-05 09:00
zcrm_3,Coda,Li Na,Coda,Mr C,$ 900,2027-01-05,Closed Lost,0,Web,2026-12-01 09:00,2027-01-05 09:00
"""


def test_zoho_export_has_no_stage_date(read: Reader) -> None:
    table = read(ZOHO)
    assert table.quality.preset == "zoho"
    assert table.open.amount.tolist() == [1200]
    assert np.isnan(table.open.entered).all()
    assert (table.quality.won, table.quality.lost) == (1, 1)
    assert warnings_of(table) == [
        (None, "1 open deal has no date on which the stage was entered: age unknown, taken as that of "
               "a deal found in its stage at random"),
    ]  # fmt: skip


CHINESE = """\
商机编号,商机名称,阶段,金额,负责人,创建日期,进入阶段日期,预计成交日期
A1,泵,谈判,¥3.5万,王伟,2026年12月1日,2027年1月10日,2027年2月1日
A2,阀,赢单,"¥20,000",李娜,2026年12月1日,2027年1月10日,2027年1月12日
A3,管,输单,"¥20,000",李娜,2026年12月1日,2027年1月10日,2027年1月12日
"""


def test_chinese_headers_and_stages(read: Reader) -> None:
    table = read(CHINESE, stage_map={"谈判": "Negotiation"}, currency="CNY")
    assert table.quality.preset == "generic"
    assert table.open.stage == ("Negotiation",)
    assert table.open.amount.tolist() == [35000]
    assert table.open.owner == ("王伟",)
    assert table.open.entered.tolist() == [-10]
    assert (table.quality.won, table.quality.lost) == (1, 1)


def test_chinese_stages_of_the_scenario_need_no_map(read: Reader) -> None:
    table = read(CHINESE.encode("gb18030"), stages=["谈判"], currency="CNY")
    assert table.open.stage == ("谈判",)
    assert table.quality.encoding == "GB18030"


def test_columns_override_what_the_preset_knows(read: Reader) -> None:
    text = "Id,StageName,Mine,CloseDate,IsWon,Amount,Net\n1,x,Proposal,2027-03-01,false,5,4\n"
    table = read(text, columns={"stage": " mine ", "amount": "Net", "close_date": None})
    assert table.open.amount.tolist() == [4]
    assert np.isnan(table.open.close_date).all()
    assert table.quality.columns == {"id": "Id", "stage": "Mine", "amount": "Net"} | {"is_won": "IsWon"}


def test_a_stated_preset_is_not_second_guessed(read: Reader) -> None:
    table = read("Deal Name,Stage,Closing Date\nAcme,Proposal,2027-03-01\n", preset="zoho")
    assert table.quality.preset == "zoho"


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        (["Opportunity Name", "Stage", "Close Date", "Account Name", "Amount"], "salesforce"),
        (["Record ID", "Deal Name", "Deal Stage", "Amount"], "hubspot"),
        (["Topic", "Est. revenue", "Status Reason", "Est. close date"], "dynamics"),
        (["id", "title", "stage_id", "add_time", "won_time", "status"], "pipedrive"),
        (["Deal_Name", "Closing_Date", "Created_Time", "Stage"], "zoho"),
        (["id", "stage", "amount"], "generic"),
        (
            ["opportunity_id", "sales_agent", "deal_stage", "engage_date", "close_date", "close_value"],
            "generic",
        ),
    ],
)
def test_the_crm_is_recognised_by_its_headers(headers: list[str], name: str) -> None:
    assert detect_preset(headers).name == name
