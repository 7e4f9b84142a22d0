"""What holds of supplies without a database: what a kit gives, what is picked first, what differs from the books."""
