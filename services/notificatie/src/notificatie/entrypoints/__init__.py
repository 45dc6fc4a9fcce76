"""What notificatie does by itself: its jobs."""
