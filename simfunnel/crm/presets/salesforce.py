"""Salesforce opportunities: API names (data export) and report labels."""

from simfunnel.crm.presets.preset import Preset

SALESFORCE = Preset(
    name="salesforce",
    headers={
        "id": ("Id", "Opportunity ID", "OpportunityId", "Opportunity Id", "Opportunity ID (18)",
               "Case Safe ID"),
        "stage": ("StageName", "Stage", "Stage Name", "stage_name"),
        "stage_entered": ("LastStageChangeDate", "Last Stage Change Date", "LastStageChangeInDays Date",
                          "last_stage_change_date"),
        "amount": ("Amount",),
        "currency": ("CurrencyIsoCode", "Amount Currency", "Opportunity Currency", "Currency",
                     "currency_iso_code"),
        "owner": ("Opportunity Owner", "Owner Name", "Owner.Name", "Owner Full Name", "Owner", "OwnerId",
                  "owner_id"),
        "team": ("Owner Role", "Sales Team", "Team"),
        "source": ("LeadSource", "Lead Source", "lead_source"),
        "created": ("CreatedDate", "Created Date", "created_date"),
        "close_date": ("CloseDate", "Close Date", "close_date"),
        "probability": ("Probability", "Probability (%)"),
        "forecast_category": ("ForecastCategoryName", "Forecast Category", "ForecastCategory",
                              "forecast_category"),
        "last_activity": ("LastActivityDate", "Last Activity", "Last Activity Date", "last_activity_date"),
        "name": ("Opportunity Name", "Name"),
        "account": ("Account Name", "Account.Name"),
        "is_closed": ("IsClosed", "Closed", "is_closed"),
        "is_won": ("IsWon", "Won", "is_won"),
        "is_deleted": ("IsDeleted", "Deleted", "is_deleted"),
    },
    signature=(
        "Id", "AccountId", "StageName", "CloseDate", "IsClosed", "IsWon", "ForecastCategory",
        "ForecastCategoryName",
        "LastStageChangeDate", "SystemModstamp", "FiscalQuarter", "LeadSource", "OwnerId", "CreatedDate",
        "Opportunity Name", "Opportunity Owner", "Opportunity ID", "Account Name", "Fiscal Period",
        "Lead Source",
        "Probability (%)", "Last Stage Change Date", "Stage Duration", "Next Step", "Close Date",
        "stage_name",
        "forecast_category", "system_modstamp",
    ),
)  # fmt: skip
