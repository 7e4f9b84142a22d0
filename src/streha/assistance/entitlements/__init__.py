"""What households are due and got: entitlements, deliveries, returns, top-ups, verification, packages."""
