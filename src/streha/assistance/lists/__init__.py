"""Lists of selections that leave the office: applications to a call, and ranked lists with every point."""
