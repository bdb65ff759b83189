"""One table of names per CRM."""

from simfunnel.crm.presets.dynamics import DYNAMICS
from simfunnel.crm.presets.generic import GENERIC
from simfunnel.crm.presets.hubspot import HUBSPOT
from simfunnel.crm.presets.pipedrive import PIPEDRIVE
from simfunnel.crm.presets.preset import Preset
from simfunnel.crm.presets.salesforce import SALESFORCE
from simfunnel.crm.presets.zoho import ZOHO

PRESETS: dict[str, Preset] = {
    preset.name: preset for preset in (SALESFORCE, HUBSPOT, DYNAMICS, PIPEDRIVE, ZOHO, GENERIC)
}

__all__ = ["PRESETS", "Preset"]
