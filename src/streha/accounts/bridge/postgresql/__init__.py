"""Django's connection to PostgreSQL, which announces who asks before every statement that follows a change of it."""
