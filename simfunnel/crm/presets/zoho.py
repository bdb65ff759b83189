"""Zoho CRM deals: labels of the export, and API names."""

from simfunnel.crm.presets.preset import Preset

ZOHO = Preset(
    name="zoho",
    headers={
        "id": ("Record Id", "Deal Id", "Potential Id", "id"),
        "stage": ("Stage", "Deal Stage"),
        "stage_entered": ("Stage Modified Time", "Stage_Modified_Time"),
        "amount": ("Amount",),
        "currency": ("Currency",),
        "owner": ("Deal Owner", "Deal Owner Name", "Potential Owner", "Owner"),
        "segment": ("Type",),
        "source": ("Lead Source", "Lead_Source"),
        "created": ("Created Time", "Created_Time"),
        "close_date": ("Closing Date", "Closing_Date"),
        "probability": ("Probability", "Probability (%)"),
        "forecast_category": ("Forecast Category", "Forecast_Category"),
        "last_activity": ("Last Activity Time", "Last_Activity_Time"),
        "name": ("Deal Name", "Deal_Name", "Potential Name"),
        "account": ("Account Name", "Account_Name"),
    },
    signature=(
        "Deal Name", "Deal_Name", "Closing Date", "Closing_Date", "Created Time", "Created_Time",
        "Modified Time",
        "Modified_Time", "Deal Owner", "Expected Revenue", "Contact Name", "Potential Name",
        "Potential Owner",
        "Last Activity Time", "Lead_Source",
    ),
)  # fmt: skip
