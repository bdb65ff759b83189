"""Names every export may carry: statuses, closed stages, columns people add."""

from __future__ import annotations

STATUSES = {
    "open": "open", "won": "won", "lost": "lost", "deleted": "deleted", "closed won": "won",
    "closed lost": "lost",
    "active": "open", "in progress": "open", "on hold": "open", "canceled": "lost", "cancelled": "lost",
    "offen": "open", "gewonnen": "won", "verloren": "lost", "gelöscht": "deleted",
    "abierto": "open", "ganado": "won", "perdido": "lost", "ouvert": "open", "gagné": "won", "perdu": "lost",
    "进行中": "open", "赢单": "won", "输单": "lost", "已赢单": "won", "已输单": "lost", "成交": "won",
    "已成交": "won",
    "丢单": "lost", "已删除": "deleted",
}  # fmt: skip

CLOSED_STAGES = {
    "won": "Won", "closed won": "Won", "closedwon": "Won", "closed - won": "Won", "closed/won": "Won",
    "lost": "Lost", "closed lost": "Lost", "closedlost": "Lost", "closed - lost": "Lost",
    "closed/lost": "Lost",
    "gewonnen": "Won", "abgeschlossen - gewonnen": "Won", "verloren": "Lost",
    "abgeschlossen - verloren": "Lost",
    "ganado": "Won", "ganada": "Won", "cerrada ganada": "Won", "perdido": "Lost", "perdida": "Lost",
    "cerrada perdida": "Lost", "gagné": "Won", "gagnée": "Won", "perdu": "Lost", "perdue": "Lost",
    "赢单": "Won", "已赢单": "Won", "成交": "Won", "已成交": "Won", "赢单关闭": "Won", "成功关闭": "Won",
    "输单": "Lost", "已输单": "Lost", "丢单": "Lost", "输单关闭": "Lost", "失败关闭": "Lost",
}  # fmt: skip

ADDED = {
    "segment": ("Segment", "segment"),
    "team": ("Team", "Sales Team"),
    "win_rate": ("win_rate", "Win rate", "My win rate", "Judgement win rate"),
    "not_before": ("not_before", "Not before"),
    "ignore": ("ignore",),
}
"""Columns people add to an export by hand, whatever the CRM."""
