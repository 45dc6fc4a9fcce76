"""What match does with the rules: handlers conduct, queries read."""
