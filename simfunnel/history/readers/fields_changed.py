"""What the fields are called whose changes a log tells."""

from __future__ import annotations

import numpy as np

from simfunnel.arrays import Bools
from simfunnel.errors import InputError, Problem, shorten
from simfunnel.history.desk import Desk
from simfunnel.tabular.column import Column
from simfunnel.values.words import bare_letters
from simfunnel.wording.findings import Finding

CALLED: dict[str, frozenset[str]] = {
    name: frozenset(bare_letters(word) for word in listed.split(","))
    for name, listed in {
        "stage": "StageName,stage,dealstage,stage_id,deal stage,opportunity stage,sales stage,stage name",
        "status": "status,deal status,statecode,state",
        "amount": "amount,value,deal value,estimatedvalue,opportunity amount",
        "owner": "owner,OwnerId,hubspot_owner_id,user_id,owner_id,opportunity owner,owner name",
        "close_date": "CloseDate,close date,expected_close_date,estimatedclosedate",
        "probability": "probability,hs_deal_stage_probability,probability (%),closeprobability",
        "forecast_category": "ForecastCategory,ForecastCategoryName,forecast category,hs_manual_forecast_category",
        "source": "LeadSource,lead source,hs_analytics_source,source",
        "pipeline": "pipeline,pipeline_id",
        "created": "created,opportunity created,create,record created",
        "created_date": "createdate,CreatedDate,add_time,create date,created date,created at,createdon",
    }.items()
}  # fmt: skip
"""Field -> how CRMs call it in such logs, letters and digits only."""


def changed_fields(desk: Desk, fields: Column, rows: Bools) -> dict[str, Bools]:
    """Tell for each field the rows that change it; those of others are named.

    Raises
    ------
    InputError
        If no row changes the stage.
    """
    stated = desk.settings.stage_field
    of = {
        name: fields.marks(lambda text, called=called: bare_letters(text) in called)  # type: ignore[misc]
        for name, called in CALLED.items()
    }
    if stated is not None:
        of["stage"] = fields.marks(lambda text: bare_letters(text) == bare_letters(stated))
    used = np.logical_or.reduce(list(of.values()))
    counts = np.bincount(fields.codes[rows & ~used], minlength=max(len(fields.cells), 1))
    others = {text: int(count) for text, count in zip(fields.texts, counts.tolist(), strict=False) if count and text}
    if desk.decided is None and not (rows & of["stage"]).any():
        listed = shorten(", ".join(map(repr, fields.words)), 200)
        raise InputError(Problem(
            f"no row changes the stage: the fields in {desk.header('field')!r} are {listed}. Say which one is it, "
            "for example `stage_field: StageName`", "history.stage_field", desk.table.file))  # fmt: skip
    if others:
        desk.found.append(Finding("fields_not_read", {"fields": others}, key="history.stage_field"))
    return of
