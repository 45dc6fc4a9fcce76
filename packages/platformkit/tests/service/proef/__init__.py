"""A throwaway service on platformkit: the smallest thing that uses every part of it, for the tests."""
