"""Pure rules: values, dates, who may be stored, what a renewal tells."""
