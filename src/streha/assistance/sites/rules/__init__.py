"""What holds of sites without a database: drafts and checks, stays, nightly counts, standards."""
