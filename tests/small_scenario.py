"""A scenario of two stages that several tests complete with deals of their own."""

SMALL = """
version: 1
name: Small
currency: EUR
as_of: 2027-01-11
periods: {unit: quarter, count: 2}
targets: [{period: 2027-Q1, amount: 900}]
stages:
  - {name: Proposal, conversion: 0.5, duration: {exponential: 20}}
  - {name: Closing, conversion: 0.8, duration: {exponential: 10}}
amount: 100
leads:
  - {name: web, stage: Proposal, rate: {per: week, mean: 1}, amount: 90}
"""
