"""What is found in a table carries a code and fields; its words are made in one place."""

from __future__ import annotations

from simfunnel.report.faces.quality import quality_dict
from simfunnel.wording.findings import Finding
from simfunnel.wording.sentences import CAUTIONS, SENTENCES

from .reading import Reader


def test_what_is_found_says_the_same_to_programs_and_to_people(read: Reader) -> None:
    table = read("id,stage,amount,win_rate\n1,Proposal,5,90%\n2,Propsal,7,\n3,Proposal,x,\n4,Proposal,0,\n")
    written = quality_dict(table.quality)
    assert written["excluded"] == [
        {"row": 3, "id": "2", "reason": "unknown stage 'Propsal': did you mean 'Proposal'?", "amount": 7.0}
        | {"code": "unknown_stage"},
        {"row": 4, "id": "3", "reason": "amount 'x' cannot be read", "amount": None, "code": "amount_unreadable"},
    ]
    assert written["overrides"] == [{"row": 2, "id": "1", "what": "win_rate 0.9", "code": "judged_win_rate"}]
    assert written["warnings"][-1] == {"row": 5, "id": "4", "message": "its amount is 0", "code": "amount_zero"}


def test_rows_are_counted_by_kind_not_by_their_details(read: Reader) -> None:
    table = read("id,stage\n1,Proposal\n1,Proposal\n2,Proposal\n2,Proposal\n")
    assert [finding.group for finding in table.quality.excluded] == ["duplicate", "duplicate"]


def test_a_finding_read_back_keeps_its_sentence_and_code() -> None:
    kept = Finding.stored("amount 'x' cannot be read", "amount_unreadable", row=3, id="2", amount=1.0)
    assert (kept.sentence, kept.group, kept.code) == (str(kept), "amount 'x' cannot be read", "amount_unreadable")
    old = Finding.stored("its amount is 0", row=5, id="4")
    assert (old.sentence, old.code, old.caution) == ("its amount is 0", "stored", False)


def test_every_caution_has_a_sentence() -> None:
    assert SENTENCES.keys() >= CAUTIONS
