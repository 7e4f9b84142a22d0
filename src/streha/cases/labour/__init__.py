"""Labour mobility: what somebody can do, what employers look for, and which of the two meet, with reasons."""
