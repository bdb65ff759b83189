"""Pipedrive deals: the export of the deals list, and the names of the API."""

from simfunnel.crm.presets.preset import Preset

PIPEDRIVE = Preset(
    name="pipedrive",
    headers={
        "id": ("Deal - ID", "Deal - Pipedrive System ID", "ID", "id"),
        "stage": ("Deal - Stage", "Deal - Stage (pipeline)", "Stage", "stage_id"),
        "status": ("Deal - Status", "Status"),
        "stage_entered": ("Deal - Last stage change", "Last stage change", "stage_change_time"),
        "amount": ("Deal - Value", "Value"),
        "currency": ("Deal - Currency of Value", "Deal - Currency of value", "Currency of Value", "Currency"),
        "owner": ("Deal - Owner", "Owner", "owner_id"),
        "segment": ("Deal - Label", "Label"),
        "source": ("Deal - Source channel", "Deal - Source origin", "Source channel", "Source origin"),
        "created": ("Deal - Deal created", "Deal - Creation date", "Deal created", "add_time"),
        "close_date": ("Deal - Expected close date", "Expected close date", "expected_close_date"),
        "closed": ("Deal - Deal closed on", "Deal - Closed on", "Deal - Won time", "Won time", "close_time",
                   "won_time"),
        "probability": ("Deal - Probability", "Probability"),
        "last_activity": ("Deal - Last activity date", "Last activity date"),
        "name": ("Deal - Title", "Title"),
        "account": ("Deal - Organization", "Organization", "org_name"),
        "is_deleted": ("is_deleted",),
    },
    signature=(
        "Deal - ID", "Deal - Title", "Deal - Owner", "Deal - Value", "Deal - Stage", "Deal - Status",
        "Deal - Deal created", "Deal - Won time", "Deal - Expected close date", "Deal - Last stage change",
        "stage_change_time", "add_time", "stage_id", "won_time", "lost_time", "expected_close_date", "org_id",
    ),
    prefix="Deal - ",
)  # fmt: skip
