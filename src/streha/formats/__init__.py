"""Objects to bytes and back. No Django, no network, no rooms."""
