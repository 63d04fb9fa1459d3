"""Pure decisions: folds over events and the rules that judge them, one statistic per file."""
