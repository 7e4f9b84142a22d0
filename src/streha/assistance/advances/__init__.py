"""What a decided list does to cases: those of its households that wait for a commission move on with the reason."""
