"""What writes derived files; nothing here runs in production."""
