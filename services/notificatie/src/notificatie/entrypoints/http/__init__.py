"""HTTP: health only, there is no domain API yet."""
