"""Feedback and complaints: what people tell the office about its work, by when it answers, and that they were told."""
