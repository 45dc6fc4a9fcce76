"""Simulators of the systems that cannot be reached from here (D13): processes of their own behind the official interface."""
