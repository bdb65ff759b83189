"""Words that say how a deal stands, each with one meaning; `outcome` tells what several of them say together.

English, Chinese, German, French, Spanish, Portuguese, Italian, Russian, Japanese; every gender and number.
A word in no list is unknown: it is named, and its rows are not used.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from simfunnel.values.words import Lexicon, bare_letters, fold, words

Outcome = Literal["open", "won", "lost", "closed", "void", "hold"]
"""Closed: over, but not said whether won or lost."""


MEANINGS: dict[str, str] = {
    "nothing": """
        deal, deals, opportunity, opp, the, a, status, stage, is, as, in, by, to, customer, sale, sales, order,
        contract, application, als, der, die, das, ist, wurde, geschaft, verkaufschance, affaire, opportunite, l,
        la, le, est, oportunidad, oportunidade, negocio, trato, trattativa, opportunita, fue, foi, e, сделка, 商机,
        机会, 商談, 案件, 已, 了, 的, 済, 済み, 中""",
    "not": "not, non, no, nicht, nie, pas, ne, nao, не, 未, 没有, 非, un, never, without",
    "won": """
        won, win, wins, winner, awarded, sold, successful, successfully, success, closedwon, closewon, converted,
        closing won, gewonnen, erfolgreich, erfolg, zuschlag, beauftragt, verkauft, gewonnene, gewonnener,
        gewonnenes, gagne, gagnee, gagnes, gagnees, remporte, remportee, conclue, conclu, succes, signe, signee,
        ganad, ganado, ganada, ganados, ganadas, ganh, ganho, ganha, ganhos, ganhas, vint, vinto, vinta, vinti,
        vinte, exito, exitosa, exitoso, sucesso, vendido, vendida, venduto, venduta, aggiudicata, aggiudicato,
        acquisita, vendu, vendue, выигран, выиграна, выиграно, выиграны, выигрыш, успешно, успех, успешная,
        успешно реализовано, продана, продано, 赢单, 赢, 已赢, 成交, 已成交, 赢单关闭, 成功, 成功关闭, 中标, 签约,
        已签约, 已签, 受注, 受注済み, 成約, 成約済み, 獲得, 勝ち""",
    "lost": """
        lost, loss, lose, loose, losing, dead, abandoned, disqualified, unqualified, not qualified, declined,
        rejected, cancelled, canceled, cancel, withdrawn, ineligible, failed, failure, unsuccessful, out sold,
        outsold, no decision, no bid, no sale, no deal, dropped, refused, denied, closedlost, closelost,
        never bought, lapsed, verloren, verlorene, verlorener, verlorenes, verlust, abgelehnt, abgebrochen,
        abgesagt, storniert, disqualifiziert, gescheitert, nicht erfolgreich, absage, perdu, perdue, perdus,
        perdues, abandonne, abandonnee, annule, annulee, rejete, rejetee, refuse, refusee, sans suite, echoue,
        disqualifie, disqualifiee, perdid, perdido, perdida, perdidos, perdidas, descartado, descartada,
        descalificado, descalificada, rechazado, rechazada, abandonado, abandonada, anulado, anulada,
        desqualificado, desqualificada, recusado, recusada, rejeitado, rejeitada, desistencia, fracaso, fracasado,
        perso, persa, persi, perse, perduto, perduta, rifiutato, rifiutata, annullato, annullata, abbandonato,
        abbandonata, respinta, scartato, scartata, проигран, проиграна, проиграно, проиграны, потерян, потеряна,
        потеряно, потеряны, отказ, отказался, отклонен, отклонена, отменен, отменена, провал, провалена, сорвана,
        закрыто и не реализовано, не реализовано, 输单, 丢单, 失单, 已输, 输, 输单关闭, 失败, 失败关闭, 已失败,
        流失, 放弃, 已放弃, 落标, 未中标, 拒绝, 取消, 已取消, 失注, 敗戦, 見送り, キャンセル""",
    "closed": """
        closed, close, completed, complete, finished, done, ended, expired, geschlossen, abgeschlossen, abgelaufen,
        erledigt, beendet, ferme, fermee, clos, cloture, cloturee, termine, terminee, cerrad, cerrado, cerrada,
        cerrados, cerradas, fechad, fechado, fechada, fechados, fechadas, encerrado, encerrada, concluido,
        concluida, terminado, terminada, chius, chiuso, chiusa, chiusi, chiuse, concluso, conclusa, закрыт, закрыта,
        закрыто, закрыты, завершен, завершена, завершено, 关闭, 已关闭, 结束, 已结束, 完成, 已完成, 结单, クローズ,
        完了, 終了""",
    "void": """
        invalid, void, voided, duplicate, duplicated, dupe, deleted, removed, archived, junk, spam, test, merged,
        created in error, error, ungultig, ungultige, ungultiger, ungultiges, duplikat, dublette, geloscht,
        archiviert, doublon, invalide, supprime, supprimee, archive, archivee, duplicad, duplicado, duplicada,
        duplicados, duplicadas, eliminad, eliminado, eliminada, eliminados, eliminadas, borrad, borrado, borrada,
        borrados, borradas, archivad, archivado, archivada, archivados, archivadas, invalido, invalida, invalidos,
        invalidas, excluid, excluido, excluida, excluidos, excluidas, arquivad, arquivado, arquivada, arquivados,
        arquivadas, nulo, nula, non valido, non valida, duplicato, duplicata, eliminato, eliminata, archiviato,
        archiviata, недействителен, недействительна, дубль, дубликат, удален, удалена, удалено, в архиве, архив,
        спам, 无效, 作废, 已作废, 重复, 删除, 已删除, 归档, 已归档, 測試, 测试, 無効, 重複, 削除, 削除済み""",
    "hold": """
        on hold, onhold, hold, paused, pause, suspended, frozen, parked, dormant, stalled, zuruckgestellt, pausiert,
        ruhend, ausgesetzt, wartestellung, en pause, en attente, suspendu, suspendue, gele, en pausa, en espera,
        pausado, pausada, suspendido, suspendida, em espera, suspenso, suspensa, congelado, congelada, in attesa,
        in pausa, sospeso, sospesa, приостановлен, приостановлена, приостановлено, на паузе, пауза, заморожена,
        搁置, 暂停, 已搁置, 已暂停, 挂起, 冻结, 保留, 保留中, 中断, 凍結""",
    "open": """
        open, opened, reopened, active, in progress, inprogress, progress, in process, ongoing, working, pending,
        new, live, current, under review, in review, submitted, quotation, quoted, replied, qualified, pipeline,
        negotiation, negotiating, running, started, in work, offen, offene, offener, offenes, aktiv, aktive,
        laufend, laufende, in bearbeitung, in arbeit, in verhandlung, neu, neue, eroffnet, wiedereroffnet, ouvert,
        ouverte, en cours, actif, nouveau, nouvelle, en negociation, abiert, abierto, abierta, abiertos, abiertas,
        en curso, en proceso, en progreso, activo, activa, nuevo, nueva, en negociacion, vigente, abert, aberto,
        aberta, abertos, abertas, em aberto, em andamento, em curso, em negociacao, em progresso, ativo, ativa,
        novo, nova, apert, aperto, aperta, aperti, aperte, in corso, attivo, attiva, nuovo, nuova, in lavorazione,
        in trattativa, открыт, открыта, открыто, открыты, в работе, в процессе, активен, активна, активная, новая,
        новый, в ожидании, на рассмотрении, 进行中, 跟进中, 打开, 开启, 活跃, 新建, 谈判中, 洽谈中, 推进中, 正常,
        进行, 跟进, 进展中, 激活, 进展, 審査中, 审核中, 進行中, 進行, 商談中, 対応中, 提案中, オープン, 新規,
        交渉中, 検討中, angebot, devis, presupuesto, cotizacion, orcamento, preventivo""",
}  # fmt: skip

LEXICON = Lexicon(MEANINGS)
DOUBT = "?\uff1f\u00bf\u061f"
"""Question marks: half and full width, Spanish, Arabic."""
_PREFIXED = re.compile(r"(?<!\w)([^\W\d_]{1,3})[-\u2010\u2011]([^\W\d_]+)")
NEGATED: dict[str, Outcome] = {
    "won": "lost",
    "lost": "open",
    "closed": "open",
    "open": "closed",
    "void": "open",
    "hold": "open",
}


@cache
def _whole() -> dict[str, str]:
    """Letters of a phrase -> its meaning: `in progress` and `InProgress`."""
    return {
        bare_letters(phrase): meaning
        for meaning, listed in reversed(MEANINGS.items())
        if meaning not in {"nothing", "not"}
        for phrase in listed.split(",")
        if bare_letters(phrase)
    }


@lru_cache(maxsize=20_000)
def outcome(text: str) -> Outcome | None:
    """Tell what a status says, or None: a word in no list, or words that contradict each other.

    Numbers beside the words (`6 - Closed Lost`) say nothing; `Closed Won (renewal)` is won all the same, because two
    words say so. A question mark is a doubt, and `in-` before a word may be its opposite: neither says anything.
    """
    if any(mark in text for mark in DOUBT):
        return None
    if (whole := _whole().get(bare_letters(text))) is not None:
        return whole  # type: ignore[return-value]
    if any(_turned(*found) for found in _PREFIXED.findall(fold(text))):
        return None
    meaning = LEXICON.read(tuple(word for word in words(text) if not word.isdigit()))
    said = [word for word in meaning.said if word != "nothing"]
    ends = [word for word in said if word != "not"]
    distinct = set(ends)
    if meaning.unknown:
        return ends[0 if ends[0] != "closed" else -1] if _twice(said) else None  # type: ignore[return-value]
    if "not" in said:
        at = said.index("not")
        return NEGATED[ends[0]] if len(distinct) == 1 and at == 0 else None
    for end in ("won", "lost"):
        if end in distinct and distinct <= {end, "closed"}:
            return end
    return ends[0] if len(distinct) == 1 else None  # type: ignore[return-value]


def _turned(prefix: str, word: str) -> bool:
    """Whether a hyphen ties a small word to a known one without making a known phrase: `in-active`, not `in-progress`.

    By itself the small word says nothing (`in`), so that what is left would be read as its own opposite.
    """
    apart = LEXICON.text(prefix).said == ("nothing",)
    return (
        apart and LEXICON.text(word).set - {"nothing"} != frozenset() and len(LEXICON.text(f"{prefix} {word}").said) > 1
    )


def _twice(said: list[str]) -> bool:
    return said in (["closed", "won"], ["won", "closed"], ["closed", "lost"], ["lost", "closed"])


def looks_closed(text: str) -> bool:
    """Whether some word of a text says won, lost, closed or void: such a name falls into no open stage unsaid."""
    said = set(LEXICON.read(tuple(word for word in words(text) if not word.isdigit())).said)
    return bool(said & {"won", "lost", "closed", "void"})


def negative(text: str) -> bool:
    """Whether a text begins with a word that denies what follows."""
    return LEXICON.text(text).said[:1] == ("not",)
