"""What people and other programs see: tables, text, pictures."""
