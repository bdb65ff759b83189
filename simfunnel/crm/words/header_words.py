"""Words of headers, each with one meaning; `header_fields` says which meanings make a field.

English, Chinese, German, French, Spanish, Portuguese, Italian, Russian, Japanese. A word in no list keeps a header from
being taken for a field: it is named instead.
"""

from __future__ import annotations

from simfunnel.values.words import Lexicon

MEANINGS: dict[str, str] = {
    # words that say nothing
    "nothing": """
        the, of, in, for, a, an, crm, custom, field, fields, record, row, full, my, our, hs, v2, utc, gmt, local,
        system, properties, property, attributes, attribute, data, current, currently, der, die, das, des, den, dem,
        fur, im, de, du, la, le, les, d, l, del, el, los, las, do, da, dos, di, della, dell, il, lo, dello, au, aux,
        al, alla, 的, の, 当前, 現在, dans, nella, nel, na, nas, en, em, в, на""",
    "deal": """
        deal, deals, opportunity, opportunities, opp, opps, opty, sale, sales, selling, potential, 商机, 机会, 商機,
        機会, 商談, 案件, 项目, 销售, 営業, 単子, geschaft, verkaufschance, verkaufschancen, chance, opportunitat,
        vertriebschance, verkaufs, vertriebs, verkauf, vertrieb, affaire, affaires, opportunite, opportunites,
        transaction, vente, ventes, commerciale, oportunidad, oportunidades, trato, negocio, venta, ventas,
        oportunidade, negociacao, venda, vendas, opportunita, trattativa, vendita, vendite, affare, сделка, сделки,
        сделке, возможность, возможности, продажа, продажи, продаж""",
    # what identifies and names
    "id": """
        id, ids, no, nr, num, number, guid, uuid, identifier, ref, reference, key, 编号, 编码, 番号, 号码, nummer,
        kennung, numero, identifiant, identificador, codigo, codice, identificativo, номер, ид, идентификатор""",
    "name": """
        name, names, title, topic, subject, 名称, 名字, 标题, 主题, 名, 件名, bezeichnung, titel, nom, titre,
        intitule, nombre, titulo, asunto, nome, titolo, oggetto, название, наименование, имя, тема""",
    "account": """
        account, accounts, customer, customers, client, clients, company, companies, organization, organisation,
        org, 客户, 公司, 企业, 单位, 顧客, 会社, 取引先, 得意先, 企業, kunde, kunden, firma, unternehmen,
        organisationen, societe, entreprise, compte, empresa, cliente, clientes, cuenta, organizacion, conta,
        organizacao, azienda, ditta, organizzazione, клиент, клиента, компания, компании, контрагент, организация,
        заказчик""",
    # stages and how deals stand
    "stage": """
        stage, stages, stagename, phase, phasen, 阶段, 階段, 段階, ステージ, フェーズ, stufe, verkaufsphase, etape,
        etapes, fase, etapa, etapas, fases, stadio, стадия, стадии, этап, этапа""",
    "status": """
        status, statut, estado, estatus, situacao, stato, статус, состояние, 状态, 狀態, 状態, ステータス, zustand""",
    "state": "state, statecode",
    "outcome": """
        outcome, result, results, resolution, closure outcome, close outcome, ergebnis, ausgang, resultat,
        issue finale, resultado, desfecho, esito, risultato, результат, исход, итог, 结果, 結果, 成否, decision,
        verdict, entscheidung, decisione, decisao, решение""",
    "is": "is, was, has been, are, ist, wurde, es, fue, foi, 是否, 已, かどうか, フラグ, flag, indicator, kz",
    "won": """
        won, win, wins, winning, gewonnen, gain, gagne, gagnee, gagnes, remporte, ganado, ganada, ganados, ganho,
        ganha, vencido, vinto, vinta, vinti, aggiudicato, выигран, выиграна, выиграно, выигрыша, 赢单, 赢, 成交单,
        受注, 成約, 獲得""",
    "lost": """
        lost, loss, lose, verloren, verlust, perdu, perdue, perte, perdido, perdida, perdita, perso, persa, derrota,
        проигран, проиграна, проиграно, проигрыша, потерян, потеряна, 输单, 丢单, 失败, 失单, 失注, 敗戦""",
    "closed": """
        closed, done, finished, completed, geschlossen, abgeschlossen, beendet, clos, close e, fermee, ferme,
        cloturee, cloture e, cerrado, cerrada, fechado, fechada, encerrado, chiuso, chiusa, закрыт, закрыта,
        закрыто, закрытая, 关闭, 已关闭, 结束, 完了, クローズ済み, 終了""",
    "open": """
        open, offen, ouvert, ouverte, abierto, abierta, aberto, aberta, aperto, aperta, открыт, открыта, открыто,
        打开, 开启, 未关闭, 進行""",
    "active": """
        active, aktiv, actif, activo, activa, ativo, ativa, attivo, attiva, активен, активна, активно, 活跃, 有效,
        激活, 有効""",
    "deleted": """
        deleted, removed, geloscht, entfernt, supprime, supprimee, eliminado, eliminada, borrado, excluido,
        excluida, eliminato, eliminata, cancellato, удален, удалена, удалено, 删除, 已删除, 刪除, 削除, losch,
        loschung, suppression, eliminacion, exclusao, eliminazione, удаления""",
    "archived": """
        archived, archive, inactive, disabled, archiviert, archivage, archivierung, archivacion, arquivamento,
        inaktiv, archive e, archivee, inactif, archivado, archivada, inactivo, arquivado, arquivada, inativo,
        archiviato, archiviata, inattivo, архив, архивный, в архиве, неактивен, 归档, 已归档, 停用, アーカイブ""",
    "void": """
        invalid, void, duplicate, duplicated, junk, spam, test, ungultig, duplikat, doublon, invalide, invalido,
        invalida, duplicado, duplicada, non valido, duplicato, недействителен, дубликат, 无效, 作废, 重复, 無効""",
    "reason": "reason, reasons, cause, grund, motif, raison, motivo, razon, causa, причина, 原因, 理由, 事由",
    # money
    "amount": """
        amount, amounts, value, worth, price, volume, 金额, 金額, 价值, 额, 額, 总额, 総額, betrag, wert, summe,
        preis, volumen, auftragswert, auftragsvolumen, montant, valeur, importe, monto, valor, cuantia, importo,
        ammontare, valore, сумма, стоимость, бюджет""",
    "taxed": """
        net, gross of tax, vat, gst, tax, taxes, taxed, excl, excluding, exclusive, ex, excl vat, excl tax, ex vat,
        before tax, incl, including, inclusive, without, with, plus, netto, brutto, mwst, ust, ohne, zzgl, inkl, exkl,
        mw st,
        ht, htva, ttc, tva, hors taxes, hors taxe, hors tva, toutes taxes comprises, iva, sin, con, sin impuestos,
        impuestos, neto, bruto, iva incluido, sem, com, liquido, impostos, senza, iva inclusa, iva esclusa, lordo,
        imposte, ндс, без, с ндс, нетто, брутто, налог, налога, 不含税, 含税, 税, 税前, 税后, 净, 税抜, 税込, 税別,
        税抜き, 税込み""",
    "tcv": "tcv, total contract value",
    "acv": "acv, annual contract value",
    "arr": "arr, annual recurring revenue, 年度经常性收入",
    "revenue": """
        revenue, revenues, umsatz, erlos, chiffre, ca, ingreso, ingresos, receita, faturamento, ricavo, ricavi,
        fatturato, выручка, доход, 收入, 营收, 売上""",
    "contract": """
        contract, order, booking, bookings, requested, total, gross, overall, quote, quoted, proposal amount, 合同,
        订单, 契約, 受注額, auftrag, auftrags, gesamt, angebots, contrat, total e, commande, contrato, pedido,
        contratto, ordine, totale, договора, контракта, общая""",
    "size": "size, grosse, taille, tamano, tamanho, dimensione, 规模",
    "actual": """
        actual, real, effective, final, realized, 实际, 最终, 実際, 実績, tatsachlich, tatsachliches, tatsachlicher,
        reel, reelle, effectif, effettivo, effettiva, efectivo, efectiva, efetivo, efetiva, фактическая,
        фактический""",
    "currency": """
        currency, currencies, ccy, 币种, 货币, 币别, 貨幣, 通貨, wahrung, devise, monnaie, moneda, divisa, moeda,
        valuta, валюта""",
    "code": "code, iso, iso code, isocode, kurzel",
    "home": """
        home, company currency, home currency, base currency, corporate currency, base, hauswahrung, basiswahrung,
        unternehmenswahrung, devise societe, moneda de la empresa, 本位币, 本币""",
    # people and groups
    "owner": """
        owner, rep, representative, agent, salesperson, sales person, salesman, seller, assigned, assignee,
        assigned to, assigned by, responsible, account executive, account manager, 负责人, 所有者, 所有人, 拥有者,
        跟进人, 责任人, 销售员, 业务员, 担当者, 担当, 営業担当, besitzer, inhaber, verantwortlich, verantwortlicher,
        zustandig, betreuer, bearbeiter, verkaufer, proprietaire, responsable, vendeur, commercial,
        charge d affaires, comercial, vendedor, vendedora, propietario, encargado, proprietario, responsavel,
        responsabile, venditore, ответственный, менеджер, владелец, продавец""",
    "team": """
        team, teams, department, 团队, 部门, 所属部门, 部門, チーム, abteilung, equipe, departement, equipo,
        departamento, squadra, reparto, команда, отдел""",
    "segment": "segment, segments, 细分, 细分市场, 客户类型, セグメント, kundensegment, segmento, сегмент",
    "product": """
        product, products, item, sku, line, line item, 产品, 商品, 品目, 製品, produkt, artikel, position, produit,
        article, ligne, producto, articulo, linea, produto, prodotto, articolo, продукт, товар, позиция""",
    "source": """
        source, origin, lead source, channel, 来源, 线索来源, 客户来源, 渠道, 流入元, リードソース, quelle,
        herkunft, leadquelle, kanal, origine, provenance, canal, origen, fuente, origem, fonte, canale, provenienza,
        источник, канал""",
    "lead": "lead, leads, 线索, リード, лид, лида",
    "pipeline": """
        pipeline, pipelines, funnel, process, sales process, verkaufsprozess, pipelinename, trichter, entonnoir,
        embudo, funil, imbuto, воронка, воронки, 管道, 销售流程, 销售管道, パイプライン""",
    # times
    "date": """
        date, dates, day, time, datetime, timestamp, on, at, when, 日期, 时间, 時間, 日, 日付, 日時, 时刻, termin,
        datum, tag, zeit, zeitpunkt, am, jour, heure, le jour, fecha, dia, hora, data, ora, giorno, дата, дате,
        время, дня""",
    "created": """
        created, create, creation, opened, added, add, erstellt, erstell, erstellung, angelegt, anlage, cree, creee,
        creation e, ouverture, creado, creada, creacion, criado, criada, criacao, creato, creata, creazione, создан,
        создана, создания, создано, 创建, 建立, 新建, 作成, 登録""",
    "close": """
        close, closing, closure, signing, signature, abschluss, schluss, schliessung, cloture, conclusion,
        signature e, cierre, firma prevista, fechamento, encerramento, chiusura, закрытия, закрытие, завершения,
        结单, 签单, 成交, 签约, 关单, クローズ, 成約予定, 受注予定, 完了予定""",
    "expected": """
        expected, estimated, est, planned, projected, anticipated, target, scheduled, exp, erwartet, erwartete,
        erwartetes, erwarteter, geplant, geplantes, geplanter, voraussichtlich, voraussichtliches,
        voraussichtlicher, geschatzt, geschatztes, geschatzter, prevu, prevue, previsionnel, previsionnelle, estime,
        estimee, previsto, prevista, estimado, estimada, esperado, esperada, stimato, stimata, atteso, attesa,
        ожидаемая, ожидаемый, ожидаемой, плановая, планируемая, предполагаемая, 预计, 预期, 计划, 予定, 見込,
        見込み, 予想""",
    "entered": """
        entered, enter, entry, since, started, start, reached, moved, seit, eintritt, eingetreten, beginn, entree,
        entre, depuis, debut, entrada, ingreso en, desde, inicio, ingresso, inizio, dal, входа, вход, перехода,
        с момента, 进入, 開始, 移行""",
    "modified": """
        modified, modification, updated, update, changed, change, systemmodstamp, mod, 修改, 更新, 变更, 変更,
        geandert, anderung, aktualisiert, modifie, modifiee, mise a jour, changement, modificado, modificada,
        modificacion, actualizado, actualizacion, cambio, atualizado, atualizacao, alterado, alteracao, mudanca,
        modificato, modificata, modifica, aggiornato, aggiornamento, изменен, изменения, изменение, обновлен,
        обновления""",
    "snapshot": """
        snapshot, export, exported, extract, extracted, as of, report date, reporting date, stichtag, stand,
        exportiert, instantane, extraction, exportado, exportacion, corte, fecha de corte, fotografia, esportazione,
        snapshotdatum, dbt valid from, fivetran start, снимок, выгрузки, 快照, 导出, 截止, スナップショット, 出力,
        基準""",
    "exited": """
        exited, exit, left, until, ended, end, valid to, dbt valid to, fivetran end, verlassen, austritt, bis,
        sortie, quitte, salida, hasta, saida, uscita, fino a, выхода, до, 离开, 退出, 離脱""",
    "duration": """
        days, duration, age, time in, days in, days since, elapsed, tage, dauer, alter, jours, duree, anciennete,
        dias, duracion, antiguedad, duracao, giorni, durata, eta, дней, длительность, срок, 天数, 时长, 日数,
        経過日数""",
    "stay": """
        停留, 停留天数, 停留时长, 滞留, 滞留日数, verweildauer, verweilzeit, temps passe, permanencia, permanenza""",
    "last": """
        last, latest, recent, most recent, newest, letzte, letzter, letztes, letzten, dernier, derniere, ultimo,
        ultima, последний, последняя, последнего, последней, 最后, 最近, 最新, 最終""",
    "activity": """
        activity, activities, contact date, contacted, touch, follow up, followup, 跟进, 活动, 联系, 活動,
        aktivitat, kontakt am, activite, actividad, atividade, attivita, активность, активности, контакта""",
    # the CRM's own view
    "probability": """
        probability, probabilities, likelihood, chance of winning, confidence, odds, 赢率, 可能性, 概率, 赢单率,
        成功率, 确度, 確度, 受注確度, wahrscheinlichkeit, probabilite, probabilidad, probabilidade, probabilita,
        вероятность, вероятности""",
    "percent": "percent, pct, percentage, prozent, pourcentage, porcentaje, percentuale, 百分比",
    "forecast": "forecast, prognose, prevision, pronostico, previsao, previsione, прогноз, 预测, 予測",
    "category": "category, kategorie, categorie, categoria, категория, 类别, 分类, カテゴリ, 区分",
    # words that keep a header from what the others say
    "not": "not, nicht, pas, non, nao, не, 未, 非",
    "weighted": """
        weighted, gewichtet, gewichteter, pondere, ponderee, ponderado, ponderada, ponderato, взвешенная, 加权,
        加重""",
    "converted": """
        converted, conversion, umgerechnet, converti, convertie, convertido, convertida, convertito,
        конвертированная, 折算, 换算, 換算""",
    "next": """
        next, nachste, nachster, prochain, prochaine, proximo, proxima, prossimo, prossima, следующий, следующая,
        下一, 下次, 次回""",
    "previous": """
        previous, prev, old, original, orig, initial, first, from, vorherige, alte, precedent, ancien, anterior,
        precedente, предыдущий, 之前, 原, 前回""",
    "creator": """
        created by, createdby, creator, modified by, erstellt von, cree par, creado por, criado por, creato da,
        создал, 创建人, 创建者, 修改人, 作成者""",
}  # fmt: skip

LEXICON = Lexicon(MEANINGS)
