"""Local SMTP server with an inbox to look in: STARTTLS and a login as in production, mails kept in memory only."""
