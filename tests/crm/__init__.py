"""Readers of CRM exports."""
