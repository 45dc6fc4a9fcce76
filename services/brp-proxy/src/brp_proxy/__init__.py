"""The only place with a BSN: person store and pseudonyms."""
