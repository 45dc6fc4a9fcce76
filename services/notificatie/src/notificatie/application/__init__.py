"""What happens on an event and when a mail is due."""
