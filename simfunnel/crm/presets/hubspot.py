"""HubSpot deals: internal names and export labels."""

from simfunnel.crm.presets.preset import Preset

HUBSPOT = Preset(
    name="hubspot",
    headers={
        "id": ("hs_object_id", "Record ID", "Deal ID", "id"),
        "stage": ("dealstage", "Deal Stage"),
        "pipeline": ("pipeline", "Pipeline"),
        "stage_entered": ("hs_v2_date_entered_current_stage", "Date entered current stage"),
        "amount": ("amount", "Amount"),
        "currency": ("deal_currency_code", "Currency"),
        "owner": ("hubspot_owner_id", "Deal owner"),
        "team": ("hubspot_team_id", "HubSpot Team", "Team"),
        "segment": ("dealtype", "Deal Type"),
        "source": ("hs_analytics_source", "Original Source Type", "Original Traffic Source", "Lead Source"),
        "created": ("createdate", "Create Date"),
        "close_date": ("closedate", "Close Date"),
        "probability": ("hs_deal_stage_probability", "Deal probability"),
        "forecast_category": ("hs_manual_forecast_category", "Forecast category"),
        "last_activity": ("notes_last_updated", "Last Activity Date", "hs_last_sales_activity_timestamp"),
        "name": ("dealname", "Deal Name"),
        "account": ("Associated Company", "Primary Associated Company", "Company Name"),
        "is_closed": ("hs_is_closed", "Is Deal Closed?", "Is Deal Closed"),
        "is_won": ("hs_is_closed_won", "Is Closed Won", "Is Closed Won?"),
        "is_lost": ("hs_is_closed_lost", "Is Closed Lost", "Is Closed Lost?"),
    },
    signature=(
        "hs_object_id", "dealname", "dealstage", "closedate", "createdate", "hubspot_owner_id",
        "hs_is_closed_won",
        "deal_currency_code", "dealtype", "hs_forecast_amount", "hs_deal_stage_probability",
        "hs_lastmodifieddate",
        "Record ID", "Deal Name", "Deal Stage", "Deal owner", "Create Date", "Close Date", "Deal probability",
        "Amount in company currency", "HubSpot Team", "Is Closed Won", "Is Deal Closed?", "Deal Type",
        "Pipeline",
        "Weighted amount", "Forecast category",
    ),
    prefix="hs_",
    stage_names={
        "appointmentscheduled": "Appointment Scheduled", "qualifiedtobuy": "Qualified To Buy",
        "presentationscheduled": "Presentation Scheduled",
        "decisionmakerboughtin": "Decision Maker Bought-In",
        "contractsent": "Contract Sent", "closedwon": "Won", "closedlost": "Lost",
    },
    entered_patterns=(
        r"hs_v2_date_entered_(?P<stage>.+?)(?:_(?P<pipeline>\d{3,}))?",
        r"hs_date_entered_(?P<stage>.+?)(?:_(?P<pipeline>\d{3,}))?",
        r'date entered "(?P<stage>.+?)(?: \((?P<pipeline>[^()]*)\))?"',
    ),
)  # fmt: skip
