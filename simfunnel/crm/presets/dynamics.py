"""Dynamics 365 opportunities: schema names and the labels of the Excel export.

Of the `(Do Not Modify)` columns only the record's own identifier is used.
"""

from simfunnel.crm.presets.preset import Preset

DYNAMICS = Preset(
    name="dynamics",
    headers={
        "id": ("opportunityid", "(Do Not Modify) Opportunity", "Opportunity"),
        "stage": ("stepname", "Pipeline Phase", "salesstage", "Sales Stage"),
        "status": ("statecode", "Status", "statuscode", "Status Reason"),
        "amount": ("estimatedvalue", "Est. revenue", "Est. Revenue", "Estimated Revenue"),
        "amount_won": ("actualvalue", "Actual Revenue"),
        "currency": ("transactioncurrencyid", "Currency"),
        "owner": ("ownerid", "Owner"),
        "source": ("originatingleadid", "Originating Lead", "Lead Source"),
        "created": ("createdon", "Created On"),
        "close_date": ("estimatedclosedate", "Est. close date", "Est. Close Date", "Estimated Close Date"),
        "closed": ("actualclosedate", "Actual Close Date"),
        "probability": ("closeprobability", "Probability"),
        "forecast_category": ("msdyn_forecastcategory", "Forecast category"),
        "name": ("Topic", "name"),
        "account": ("Account", "Potential Customer", "parentaccountid", "customerid"),
    },
    signature=(
        "opportunityid", "estimatedvalue", "estimatedclosedate", "statecode", "statuscode", "stepname",
        "salesstage",
        "closeprobability", "createdon", "transactioncurrencyid", "actualclosedate", "msdyn_forecastcategory",
        "Topic", "Est. revenue", "Est. close date", "Actual Close Date", "Actual Revenue",
        "Potential Customer",
        "Pipeline Phase", "Sales Stage", "Status Reason", "Created On", "Rating",
        "(Do Not Modify) Opportunity",
        "(Do Not Modify) Row Checksum",
    ),
    prefix="(Do Not Modify)",
    statuses={"0": "open", "1": "won", "2": "lost", "3": "won", "4": "lost", "5": "lost", "out-sold": "lost"},
    stage_names={
        "0": "Qualify", "1": "Develop", "2": "Propose", "3": "Close",
        "1-qualify": "Qualify", "2-develop": "Develop", "3-propose": "Propose", "4-close": "Close",
    },
)  # fmt: skip
