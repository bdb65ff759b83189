"""Families of distributions: of each, how it is written (`written`, without NumPy) and how it computes (`computed`).

Both modules of a family are imported when it is first used; beside them stands what families have in common.
"""
