"""The statistics of evidence: sequential tests, change detectors and budgets of error, one per file.

Each is a class with constant memory: ``update`` folds one row, ``update_many`` a batch with the same bits,
``state`` and ``restored`` save and resume it between any two rows. Rules look at fixed counts of rows only,
so that it does not matter how rows are delivered. Loops are compiled (``clm.decisions.compiled``): a fold
imports its statistics when it first needs them, never before.
"""
