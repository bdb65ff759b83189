"""Words of a picklist that nobody has answered yet: `--None--`, `Please select`, `tbd`, `не указано`."""

from __future__ import annotations

from functools import lru_cache

from simfunnel.crm.flags import truth
from simfunnel.crm.words.outcome_words import outcome
from simfunnel.values.words import Lexicon, fold, words

_LEXICON = Lexicon({
    "nothing": """
        none, nothing, nil, null, empty, blank, no reason, no reason given, no entry,
        not applicable,
        not specified, not set, not given, not stated, not selected, not entered, not known, not yet, unknown,
        unspecified, undefined, unset, pending, tbd, tba, tbc, to be determined, to be defined, to be decided,
        to be confirmed, n a, na, select, choose, pick, pick one, please select, please choose, select one, choose one,
        select value, keine, kein, keiner, nichts, leer, keine angabe, keine angaben, k a, nicht angegeben,
        nicht zutreffend, nicht anwendbar, entfallt, unbekannt, offen gelassen, bitte wahlen, bitte auswahlen,
        auswahlen, wahlen, aucun, aucune, rien, vide, sans objet, non applicable, non renseigne, non renseignee,
        non precise, non precisee, non specifie, inconnu, inconnue, a definir, a preciser, choisir, veuillez choisir,
        selectionner, veuillez selectionner, s o, ninguno, ninguna, ningun, nada, vacio, no aplica, no aplicable,
        no especificado, no especificada, sin especificar, sin motivo, sin definir, sin datos, desconocido,
        desconocida, por definir, seleccione, seleccionar, elegir, elija, nenhum, nenhuma, vazio, nao aplicavel,
        nao se aplica, nao informado, nao informada, nao especificado, sem motivo, sem informacao, desconhecido,
        desconhecida, a ser definido, selecione, selecionar, escolha, nessuno, nessuna, niente, vuoto,
        non disponibile, non specificato, non specificata, non definito, sconosciuto, sconosciuta, da definire,
        seleziona, selezionare, scegli, scegliere, нет, ничего, пусто, не указано, не указана, не указан, не задано,
        не задана, не выбрано, не выбрана, не определено, не применимо, неприменимо, неизвестно, выберите, выбрать,
        уточняется, нет данных, 无, 無, 空, 空白, 没有, 暂无, 未填写, 未填, 未选择, 未指定, 未知, 不适用, 不明, 待定,
        请选择, 選択してください, 选择, なし, 無し, 未設定, 未選択, 未入力, 該当なし, 未定""",
    "beside": """
        reason, reasons, value, option, one, an, a, the, please, still, yet, grund, einen, bitte, raison, motif, motivo,
        razon, una, un, uno, opcion, opcao, opzione, причину, причина, 原因, 理由, 请, 中""",
})  # fmt: skip
_FRAMES = ("--", "__", "<>", "[]", "==", "**", "~~")
"""What a picklist puts around the entry that stands for no choice, whatever that entry is called."""


@lru_cache(maxsize=20_000)
def says_nothing(text: str) -> bool:
    """Whether a text in a column of reasons gives none: blank, a zero, a no, an open deal, or a choice not made."""
    bare = "".join(text.split())
    if not any(character.isalnum() for character in bare) or truth(text) is False:
        return True
    if len(bare) > 2 and any(bare[0] == frame[0] and bare[-1] == frame[1] for frame in _FRAMES):
        return True
    if bare.isdigit():
        return not fold(bare).strip("0")
    parts = tuple(word for word in words(text) if not word.isdigit())
    said = _LEXICON.read(parts)
    if "nothing" in said.said and not said.unknown:
        return True
    return outcome(" ".join(part for part in map(fold, parts) if part != "still")) == "open"
